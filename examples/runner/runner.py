"""A whole HTTP runner in the standard library: claims cooks, trains them with train.py, reports, uploads, completes.

    RUNNER_KEY=dcr_... python3 runner.py http://localhost:3000 [--name NAME] [--once] [--work FOLDER]

A lease is renewed by a thread of its own, so that a busy trainer is never taken for a dead one. Whatever the server
answers may carry a directive: cancel stops the trainer; a lost lease stops it too, and nothing more is reported.
"""

import argparse
import base64
import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PIECE_BYTES = 64 * 1024


class Stop(Exception):
    """The server wants this attempt to end: cancelled, or the lease is lost."""


class Server:
    def __init__(self, base, key):
        self.base, self.key = base.rstrip("/"), key

    def post(self, path, body, tries=8):
        """Posts until there is an answer: an outage is waited out, with growing pauses."""
        for attempt in range(tries):
            request = urllib.request.Request(
                self.base + path,
                data=json.dumps(body).encode(),
                headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
            )
            try:
                with urllib.request.urlopen(request, timeout=70) as answer:
                    text = answer.read()
                    return answer.status, json.loads(text) if text else {}, answer.headers
            except urllib.error.HTTPError as error:
                if error.code not in (429, 500, 502, 503):
                    return error.code, json.loads(error.read() or b"{}"), error.headers
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(min(10, 0.25 * 2**attempt) * (0.5 + random.random()))
        raise ConnectionError(f"no answer from {path}")


class Attempt:
    def __init__(self, server, claim, work):
        self.server, self.claim = server, claim
        self.path = f"/runner/cooks/{claim['cook']['id']}"
        self.folder = os.path.join(work, claim["cook"]["id"])
        self.lock = threading.RLock()
        self.stopped, self.cancelled, self.state = threading.Event(), False, "preparing"
        self.log, self.sent, self.pieces = b"", 0, 0
        os.makedirs(self.folder, exist_ok=True)

    def call(self, verb, **body):
        lease = {"lease_token": self.claim["lease_token"], "fence": self.claim["fence"]}
        status, answer, _ = self.server.post(f"{self.path}/{verb}", {**lease, **body})
        if answer.get("directive") == "cancel":
            self.cancelled = True
            self.stopped.set()
        if status in (409, 410):
            self.stopped.set()
            raise Stop(answer.get("code"))
        return status, answer

    def status(self, **told):
        with self.lock:
            piece = self.log[self.sent : self.sent + PIECE_BYTES]
            if piece:
                told["log"] = {
                    "seq": self.pieces,
                    "offset": self.sent,
                    "gzip": base64.b64encode(gzip.compress(piece)).decode(),
                    "sha256": hashlib.sha256(piece).hexdigest(),
                }
            code, answer = self.call("status", state=self.state, **told)
            if code == 416:
                self.sent = answer["expected_offset"]
            elif code == 200 and piece:
                self.sent, self.pieces = self.sent + len(piece), self.pieces + 1

    def beat(self):
        while not self.stopped.wait(self.claim["heartbeat_every_s"]):
            try:
                self.status()
            except (Stop, ConnectionError):
                self.stopped.set()

    def upload(self, artifact):
        with open(artifact["path"], "rb") as file:
            content = file.read()
        declared = {
            "kind": artifact["kind"],
            "name": artifact["name"],
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        _, grant = self.call("artifacts", **declared, media_type=artifact["media_type"])
        put = urllib.request.Request(grant["url"], data=content, headers=grant["headers"], method="PUT")
        with urllib.request.urlopen(put, timeout=300):
            return declared

    def run(self):
        with open(os.path.join(self.folder, "job.json"), "w", encoding="utf-8") as file:
            json.dump({"recipe": self.claim["cook"]["recipe"], "checkpoint": self.claim["checkpoint"]}, file)
        self.status()
        self.state = "running"
        beating = threading.Thread(target=self.beat, daemon=True)
        beating.start()
        trainer = [sys.executable, os.environ.get("RUNNER_TRAINER", os.path.join(HERE, "train.py")), self.folder]
        child = subprocess.Popen(trainer, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        artifacts, result, last = [], None, ""
        threading.Thread(target=lambda: self.stopped.wait() and child.terminate(), daemon=True).start()
        for line in child.stdout:
            last = line
            try:
                said = json.loads(line)
            except ValueError:
                said = {"log": line.rstrip()}
            if "log" in said:
                with self.lock:
                    self.log += (said["log"] + "\n").encode()
            elif "artifact" in said:
                artifacts.append(said["artifact"])
            elif "result" in said:
                result = said["result"]
            else:
                self.status(**said)
        code = child.wait()
        if self.cancelled:
            return self.call("fail", **{"class": "cancelled", "retryable": False, "message": "stopped on request"})
        if self.stopped.is_set():
            raise Stop("the lease was lost")
        if code != 0 or result is None:
            message = f"the trainer ended with {code}: {last}"[:1000]
            return self.call("fail", **{"class": "user_code", "retryable": True, "message": message})
        self.state = "uploading"
        while self.sent < len(self.log):
            self.status()
        uploaded = [self.upload(artifact) for artifact in artifacts]
        return self.call("complete", artifacts=uploaded, **result)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("base")
    options.add_argument("--name", default=f"example-{os.getpid()}")
    options.add_argument("--once", action="store_true", help="end after one cook")
    options.add_argument("--work", default=os.path.join(HERE, ".work"))
    given = options.parse_args()
    server = Server(given.base, os.environ["RUNNER_KEY"])
    asking = {"runner_id": given.name, "capabilities": {"gpu": ["cpu"], "driver": "none"}, "wait_s": 25}
    while True:
        try:
            status, claim, headers = server.post("/runner/cooks/next", asking)
        except ConnectionError:
            continue
        if status == 204:
            time.sleep(int(headers.get("Retry-After", "2")))
            continue
        if status != 200:
            sys.exit(f"{status}: {claim.get('detail')}")
        attempt = Attempt(server, claim, given.work)
        try:
            code, answer = attempt.run()
            print(f"{claim['cook']['id']} attempt {claim['attempt']}: {answer.get('accepted_as', code)}", flush=True)
        except Stop as stop:
            print(f"{claim['cook']['id']} attempt {claim['attempt']}: stopped, {stop}", flush=True)
        finally:
            attempt.stopped.set()
        if given.once:
            return


if __name__ == "__main__":
    main()
