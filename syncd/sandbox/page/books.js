"use strict";

async function show() {
  const books = await (await fetch("/_sandbox/books")).json();
  const list = document.getElementById("books");
  list.replaceChildren(...books.map((book) => {
    const link = document.createElement("a");
    link.href = `/spreadsheets/d/${book.id}/edit`;
    link.textContent = book.title;
    const time = document.createElement("time");
    time.textContent = new Date(book.modified * 1000).toLocaleString();
    const item = document.createElement("li");
    item.append(link, time);
    return item;
  }));
  document.getElementById("none").hidden = books.length > 0;
}

show();
setInterval(() => show().catch(() => {}), 2000);
