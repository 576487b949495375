"""The other side of a download: a server on this machine, and archives for it to send."""

import io
import tarfile
import threading
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def zipped(**members):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return box.getvalue()


def tarred(**members):
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return box.getvalue()


class Site:
    """The other side: `answers` maps a path to (status, headers, body).

    A header of None is not sent. A body is bytes, or yields them piece by piece, for as long
    as somebody listens.
    """

    def __init__(self):
        self.answers, self.asked = {}, []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                status, headers, body = site.answers.get(self.path, (404, {}, b"not here"))
                pieces, length = (
                    (iter([body]), len(body)) if type(body) is bytes else (body(), None)
                )
                self.send_response(status)
                for name, value in {"Content-Length": length, **headers}.items():
                    if value is not None:
                        self.send_header(name, str(value))
                self.end_headers()
                with suppress(ConnectionError):
                    for piece in pieces:
                        self.wfile.write(piece)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"
