"""A client of Odoo's public JSON-2 API, as an outside program would use it; knows no model.

Facts. The API takes named arguments only and an API key as bearer. XML-RPC would still answer in Odoo 19, but logs a
deprecation
warning per call. A key is made the way a person does it: log in, name the key, confirm with the password.
"""

from __future__ import annotations

from typing import Any

import requests

TIMEOUT = (5, 120)


class RpcError(Exception):
    """Odoo refused a call; the message is Odoo's own, `status` the HTTP status."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Rpc:
    """Calls public methods of models with one user's API key. Not safe for use by several threads at once."""

    def __init__(self, url: str, database: str, key: str):
        self.url = url
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {key}", "X-Odoo-Database": database})

    @classmethod
    def login(cls, url: str, database: str, login: str, password: str) -> Rpc:
        """Makes an API key for a user and returns a client with it; raises RpcError for a wrong password."""
        web = _WebSession(url)
        web.post("/web/session/authenticate", db=database, login=login, password=password)
        model = "res.users.apikeys.description"
        # Odoo ends a key at midnight: one of a day would end in the middle of a run.
        description = web.call(model, "create", [{"name": "tools", "duration": "7"}])
        check = web.call(model, "make_key", [description])
        shown = web.call("res.users.identitycheck", "run_check", [check["res_id"]], context={"password": password})
        return cls(url, database, shown["context"]["default_key"])

    def call(self, model: str, method: str, ids: list[int] | None = None, **arguments: Any) -> Any:
        """Calls `method` on the records `ids` (on the model when None) and returns its result; raises RpcError."""
        body = arguments if ids is None else {"ids": ids, **arguments}
        answer = self._session.post(f"{self.url}/json/2/{model}/{method}", json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise RpcError(f"{model}.{method}: {_reason(answer)}", answer.status_code)
        return answer.json()

    def create(self, model: str, values: dict) -> int:
        """Creates one record and returns its id."""
        return self.call(model, "create", vals_list=[values])[0]

    def write(self, model: str, ids: list[int], values: dict) -> None:
        """Writes the same values on records."""
        self.call(model, "write", ids, vals=values)

    def search(self, model: str, domain: list, **options: Any) -> list[int]:
        """Ids of the matching records."""
        return self.call(model, "search", domain=domain, **options)

    def read(self, model: str, domain: list, fields: list[str], **options: Any) -> list[dict]:
        """The given fields of the matching records."""
        return self.call(model, "search_read", domain=domain, fields=fields, **options)

    def ref(self, xml_id: str) -> int:
        """Id of the record with this external id; raises LookupError when there is none."""
        module, _, name = xml_id.partition(".")
        found = self.read("ir.model.data", [["module", "=", module], ["name", "=", name]], ["res_id"])
        if not found:
            raise LookupError(xml_id)
        return found[0]["res_id"]


class _WebSession:
    """The few calls of the web client that making a key needs."""

    def __init__(self, url: str):
        self._url = url
        self._session = requests.Session()

    def post(self, path: str, **parameters: Any) -> Any:
        answer = self._session.post(
            self._url + path, json={"jsonrpc": "2.0", "method": "call", "params": parameters}, timeout=TIMEOUT
        )
        content = answer.json()
        if "error" in content:
            raise RpcError(
                content["error"].get("data", {}).get("message") or content["error"]["message"], answer.status_code
            )
        return content["result"]

    def call(self, model: str, method: str, arguments: list, context: dict | None = None) -> Any:
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=arguments,
            kwargs={"context": context or {}},
        )


def _reason(answer: requests.Response) -> str:
    try:
        return answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
