"""What every method of the Drive API needs: the state, who asks, and the rules of seeing a file."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

from syncd.sandbox.book.card import Card
from syncd.sandbox.drive import resources
from syncd.sandbox.drive.fields import shown
from syncd.sandbox.drive.items import Item, everything, find, root_of
from syncd.sandbox.drive.links import Links, links_for
from syncd.sandbox.drive.refusals import file_not_found, insufficient
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.access import granted, rank
from syncd.sandbox.state.people import root_id
from syncd.sandbox.state.service import Service


class Content(NamedTuple):
    """An answer that is not JSON."""

    body: bytes
    content_type: str
    headers: dict[str, str]
    status: int = 200


class Drive:
    """The state behind the Drive API; the caller of its methods holds the lock."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url
        self.generated: set[str] = set()
        self.sessions: dict[str, Any] = {}

    def links(self, call: Call) -> Links:
        """Give the addresses that the caller can follow."""
        return links_for(call, self.url)

    def item(self, call: Call, *, least: str = "reader", file_id: str = "") -> Item:
        """Give a file on which the caller has a role at least; one unseen does not exist."""
        file_id = file_id or call.book_id
        if file_id in {"root", root_id(call.actor)}:
            return root_of(call.actor)
        right = self.service.right(file_id, call.actor)
        found = None if right == "none" else find(self.service, file_id)
        if found is None:
            raise file_not_found(file_id)
        if rank(right) < rank(least):
            raise insufficient(file_id)
        return found

    def visible(self, actor: str) -> list[Item]:
        """Give the files that a list may show: not all that a link would open."""
        found = []
        private = self.service.settings["private_files"]
        for item in everything(self.service):
            if self.service.right(item.file_id, actor) == "none":
                continue
            if private and (item.file_id, actor) not in self.service.access:
                given = self.service.permissions(item.card)
                known = [p for p in given if p.get("allowFileDiscovery", True)]
                if granted(known, actor, openly=True) is None:
                    continue
            found.append(item)
        return found

    def change(self, item: Item, actor: str, what: str, **parts: Any) -> Item:
        """Give a file another card, as a new revision that leaves its content's time."""
        return self.put_card(item, actor, what, replace(item.card, **parts))

    def put_card(
        self, item: Item, actor: str, what: str, card: Card, *, name: str = "", touch: float = 0
    ) -> Item:
        """Write a card, and maybe a name and a time of change, as a new revision."""
        service, file_id = self.service, item.file_id
        if file_id in service.folders:
            old = service.folders[file_id]
            modified = touch or old.modified
            changed = replace(old, card=card, revision=old.revision + 1, modified=modified)
            service.keep_folder(replace(changed, name=name or old.name))
        elif file_id in service.lines:
            batch = service.draft(file_id, actor)
            batch.book.card = card
            if name:
                batch.book.properties["title"] = name
            if touch:
                batch.book.modified = touch
            service.commit(batch, what, content=False)
        else:
            raise insufficient(file_id)
        found = find(service, file_id)
        return found or item

    def file(self, item: Item, call: Call) -> Json:
        """Give a file with all its fields."""
        answer = resources.file(self.service, item, call.actor, self.links(call))
        if not answer["parents"]:
            del answer["parents"]
        return answer

    def answer(self, item: Item, call: Call) -> Any:
        """Answer with a file, as far as the caller asked for it."""
        return shown(self.file(item, call), call, "File")


def read_json(raw: bytes) -> Json:
    """Read a body; none at all is an empty one."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "Parse Error", reason="parseError") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Parse Error", reason="parseError")
    return body
