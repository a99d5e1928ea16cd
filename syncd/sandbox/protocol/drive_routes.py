"""The addresses of the Drive API, both versions, and of the documents' exports.

A method that has an address here and no implementation is refused by its name.
"""

_V3 = "/drive/v3"
_V2 = "/drive/v2"
_UPLOAD = "(?P<upload>/upload)?"
_ID = r"/(?P<id>[^/:?]+)"
_COMMENT = r"/comments/(?P<comment>[^/:?]+)"
_PERMISSION = r"/permissions/(?P<permission>[^/?]+)"
_REVISION = r"/revisions/(?P<revision>[^/?]+)"
_TEAM = r"/(?P<drive>[^/?]+)"

_COMMON = (  # what both versions have at the same addresses, under the same names
    ("GET", "/about", "about.get"),
    ("GET", "/files/?", "files.list"),
    ("GET", "/files/generateIds", "files.generateIds"),
    ("GET", "/files/generateCseToken", "files.generateCseToken"),
    ("DELETE", "/files/trash", "files.emptyTrash"),
    ("GET", f"/files{_ID}/?", "files.get"),
    ("DELETE", f"/files{_ID}/?", "files.delete"),
    ("POST", f"/files{_ID}/copy", "files.copy"),
    ("GET", f"/files{_ID}/export", "files.export"),
    ("POST", f"/files{_ID}/watch", "files.watch"),
    ("GET", f"/files{_ID}/listLabels", "files.listLabels"),
    ("POST", f"/files{_ID}/modifyLabels", "files.modifyLabels"),
    ("GET", f"/files{_ID}/permissions/?", "permissions.list"),
    ("GET", f"/files{_ID}{_PERMISSION}", "permissions.get"),
    ("DELETE", f"/files{_ID}{_PERMISSION}", "permissions.delete"),
    ("GET", f"/files{_ID}/comments/?", "comments.list"),
    ("GET", f"/files{_ID}{_COMMENT}", "comments.get"),
    ("DELETE", f"/files{_ID}{_COMMENT}", "comments.delete"),
    ("GET", f"/files{_ID}{_COMMENT}/replies/?", "replies.list"),
    ("GET", f"/files{_ID}{_COMMENT}/replies/[^/]+", "replies.get"),
    ("DELETE", f"/files{_ID}{_COMMENT}/replies/[^/]+", "replies.delete"),
    ("GET", f"/files{_ID}/revisions/?", "revisions.list"),
    ("GET", f"/files{_ID}{_REVISION}", "revisions.get"),
    ("DELETE", f"/files{_ID}{_REVISION}", "revisions.delete"),
    ("GET", "/changes/startPageToken", "changes.getStartPageToken"),
    ("GET", "/changes/?", "changes.list"),
    ("POST", "/changes/watch", "changes.watch"),
    ("POST", "/channels/stop", "channels.stop"),
    ("GET", "/apps/?", "apps.list"),
    ("GET", "/apps/[^/]+", "apps.get"),
    *(
        entry
        for kind in ("drives", "teamdrives")
        for entry in (
            ("GET", f"/{kind}/?", f"{kind}.list"),
            ("GET", f"/{kind}{_TEAM}", f"{kind}.get"),
            ("DELETE", f"/{kind}{_TEAM}", f"{kind}.delete"),
        )
    ),
)
_NEW = (
    ("POST", f"/files{_ID}/permissions/?", "permissions.create"),
    ("PATCH", f"/files{_ID}{_PERMISSION}", "permissions.update"),
    ("POST", f"/files{_ID}/comments/?", "comments.create"),
    ("PATCH", f"/files{_ID}{_COMMENT}", "comments.update"),
    ("POST", f"/files{_ID}{_COMMENT}/replies/?", "replies.create"),
    ("PATCH", f"/files{_ID}{_COMMENT}/replies/[^/]+", "replies.update"),
    ("PATCH", f"/files{_ID}{_REVISION}", "revisions.update"),
    ("POST", f"/files{_ID}/download", "files.download"),
    ("GET", f"/files{_ID}/accessproposals(?:/[^/]+)?", "accessproposals.list"),
    ("POST", f"/files{_ID}/accessproposals/[^/]+", "accessproposals.resolve"),
    ("GET", f"/files{_ID}/approvals(?:/[^/]+)?", "approvals.list"),
    ("POST", f"/files{_ID}/approvals.*", "approvals.start"),
    ("GET", "/operations/[^/]+", "operations.get"),
    ("POST", "/drives/?", "drives.create"),
    ("PATCH", f"/drives{_TEAM}", "drives.update"),
    ("POST", f"/drives{_TEAM}/hide", "drives.hide"),
    ("POST", f"/drives{_TEAM}/unhide", "drives.unhide"),
    ("POST", "/teamdrives/?", "teamdrives.create"),
    ("PATCH", f"/teamdrives{_TEAM}", "teamdrives.update"),
)
_OLD = (
    ("POST", f"/files{_ID}/trash", "files.trash"),
    ("POST", f"/files{_ID}/untrash", "files.untrash"),
    ("POST", f"/files{_ID}/touch", "files.touch"),
    ("POST", f"/files{_ID}/permissions/?", "permissions.insert"),
    ("PUT", f"/files{_ID}{_PERMISSION}", "permissions.update"),
    ("PATCH", f"/files{_ID}{_PERMISSION}", "permissions.patch"),
    ("GET", "/permissionIds/(?P<email>[^/?]+)", "permissions.getIdForEmail"),
    ("GET", f"/files{_ID}/parents/?", "parents.list"),
    ("GET", f"/files{_ID}/parents/[^/]+", "parents.get"),
    ("POST", f"/files{_ID}/parents/?", "parents.insert"),
    ("DELETE", f"/files{_ID}/parents/[^/]+", "parents.delete"),
    ("GET", f"/files{_ID}/children/?", "children.list"),
    ("GET", f"/files{_ID}/children/[^/]+", "children.get"),
    ("POST", f"/files{_ID}/children/?", "children.insert"),
    ("DELETE", f"/files{_ID}/children/[^/]+", "children.delete"),
    ("GET", f"/files{_ID}/properties/?", "properties.list"),
    ("GET", f"/files{_ID}/properties/[^/]+", "properties.get"),
    ("POST", f"/files{_ID}/properties/?", "properties.insert"),
    ("PUT", f"/files{_ID}/properties/[^/]+", "properties.update"),
    ("PATCH", f"/files{_ID}/properties/[^/]+", "properties.patch"),
    ("DELETE", f"/files{_ID}/properties/[^/]+", "properties.delete"),
    ("POST", f"/files{_ID}/comments/?", "comments.insert"),
    ("PUT", f"/files{_ID}{_COMMENT}", "comments.update"),
    ("PATCH", f"/files{_ID}{_COMMENT}", "comments.patch"),
    ("POST", f"/files{_ID}{_COMMENT}/replies/?", "replies.insert"),
    ("PUT", f"/files{_ID}{_REVISION}", "revisions.update"),
    ("PATCH", f"/files{_ID}{_REVISION}", "revisions.patch"),
    ("GET", "/changes/[^/]+", "changes.get"),
    ("POST", "/drives/?", "drives.insert"),
    ("PUT", f"/drives{_TEAM}", "drives.update"),
    ("POST", "/teamdrives/?", "teamdrives.insert"),
    ("PUT", f"/teamdrives{_TEAM}", "teamdrives.update"),
)
_WITH_CONTENT = (
    ("POST", f"{_UPLOAD}{_V3}/files/?", "drive.files.create"),
    ("PUT", f"(?P<upload>/upload){_V3}/files/?", "drive.files.create"),
    ("PATCH", f"{_UPLOAD}{_V3}/files{_ID}/?", "drive.files.update"),
    ("PUT", f"(?P<upload>/upload){_V3}/files{_ID}/?", "drive.files.update"),
    ("POST", f"{_UPLOAD}{_V2}/files/?", "drive.v2.files.insert"),
    ("PUT", f"(?P<upload>/upload){_V2}/files/?", "drive.v2.files.insert"),
    ("PUT", f"{_UPLOAD}{_V2}/files{_ID}/?", "drive.v2.files.update"),
    ("PATCH", f"{_UPLOAD}{_V2}/files{_ID}/?", "drive.v2.files.patch"),
)
_DOCUMENTS = (
    ("GET", "/spreadsheets/export", "drive.documents.export"),
    ("GET", "/feeds/download/spreadsheets/Export", "drive.documents.export"),
    ("GET", f"/spreadsheets/d{_ID}/export", "drive.documents.export"),
    ("GET", f"/spreadsheets/d{_ID}/gviz/tq", "drive.documents.query"),
)
DRIVE = (
    *_WITH_CONTENT,
    *((verb, _V3 + path, f"drive.{name}") for verb, path, name in _COMMON + _NEW),
    *((verb, _V2 + path, f"drive.v2.{name}") for verb, path, name in _COMMON + _OLD),
    *_DOCUMENTS,
)
