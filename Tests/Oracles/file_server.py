"""A web server with the habits of real ones, for tests of the downloader.

Usage: file_server.py FOLDER. Prints its port, then one line per request: METHOD PATH RANGE IF-RANGE. A path is HABIT/NAME:

  plain/NAME      the file, with an entity tag, and parts of it on request
  untagged/NAME   the same without anything that names a version
  weak/NAME       the same with a weak entity tag
  cut-N/NAME      ends each connection after N bytes
  changed-N/NAME  the first connection ends after N bytes; then another version is there, with another tag
  stubborn-N/NAME the same, but a request for a part gets one of the new version, whatever `If-Range` says
  busy-N/NAME     503 with Retry-After: 0, N times, then the file
  later/NAME      429 with Retry-After: 3600
  status-N/NAME   this status, with a page
  page/NAME       200 and a page
  to/ADDRESS      302 to this address
  loop/NAME       302 to itself
  chunked/NAME    without a length
  endless/NAME    as many bytes as anybody takes, without a length
  empty/NAME      200 without a body
  slow/NAME       a byte now, and then nothing
  short/NAME      tells twice the size that it sends
"""
import os, sys, threading, time, hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder, counts, lock = sys.argv[1], {}, threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def head(self, status, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def page(self, status, **fields):
        body = b"<html><body>a page</body></html>"
        self.head(status, Content_Type="text/html; charset=utf-8", Content_Length=len(body), **fields)
        self.wfile.write(body)

    def do_GET(self):
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        print("GET", self.path, wanted or "-", condition or "-", flush=True)
        habit, _, name = self.path.lstrip("/").partition("/")
        habit, _, number = habit.partition("-")
        number = int(number or 0)
        with lock:
            counts[self.path] = count = counts.get(self.path, 0) + 1
        if habit == "to":
            return self.head(302, Location=name, Content_Length=0)
        if habit == "loop":
            return self.head(302, Location=self.path, Content_Length=0)
        if habit == "status":
            return self.page(number)
        if habit == "page":
            return self.page(200)
        if habit == "later":
            return self.page(429, Retry_After=3600)
        if habit == "busy" and count <= number:
            return self.page(503, Retry_After=0)
        if habit == "empty":
            return self.head(200, Content_Type="video/mp4", Content_Length=0)
        if habit == "endless":
            self.head(200, Content_Type="video/mp4", Connection="close")
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(bytes(65536))
            except OSError:
                return
        with open(os.path.join(folder, name.partition("?")[0]), "rb") as file:
            data = file.read()
        if habit in ("changed", "stubborn") and count > 1:
            data = bytes(255 - byte for byte in data)
        tag = '"%s"' % hashlib.md5(data).hexdigest()
        fields = {"Content_Type": "video/mp4", "Accept_Ranges": "bytes"}
        if habit == "weak":
            fields["ETag"] = "W/" + tag
        elif habit != "untagged":
            fields["ETag"] = tag
        if habit == "chunked":
            self.head(200, Transfer_Encoding="chunked", **fields)
            for start in range(0, len(data), 50_000):
                piece = data[start : start + 50_000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            return self.wfile.write(b"0\r\n\r\n")
        if habit == "slow":
            self.head(200, Content_Length=len(data), **fields)
            self.wfile.write(data[:1])
            self.wfile.flush()
            return time.sleep(30)
        first = 0
        if wanted and (condition is None or condition == tag or habit == "stubborn"):
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            if first >= len(data):
                return self.head(416, Content_Range=f"bytes */{len(data)}", Content_Length=0)
            fields["Content_Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        body = data[first:]
        size = len(body) * 2 if habit == "short" else len(body)
        self.head(206 if first else 200, Content_Length=size, **fields)
        is_cut = habit == "cut" or habit in ("changed", "stubborn") and count == 1
        self.wfile.write(body[:number] if is_cut else body)
        if is_cut or habit == "short":
            self.close_connection = True


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients may hang up."""


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
