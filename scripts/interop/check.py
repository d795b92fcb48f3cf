"""Checks a demo folder with one library from PyPI. Two arguments: which check, and the folder."""

import base64
import json
import sys
from pathlib import Path

check, folder = sys.argv[1], Path(sys.argv[2])
bundle = json.loads((folder / "receipt.sigstore.json").read_text())
envelope = bundle["dsseEnvelope"]
payload = base64.b64decode(envelope["payload"])
key = (folder / "receipt.pub.pem").read_bytes()


def jcs():
    import rfc8785

    entry = (folder / "entry.bin").read_bytes()
    for data in (payload, entry):
        assert rfc8785.dumps(json.loads(data)) == data, "not canonical"


def in_toto():
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement())).validate()


def dsse():
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    signed = {**envelope, "signatures": [{"keyid": "receipt", "sig": envelope["signatures"][0]["sig"]}]}
    public = SSlibKey.from_crypto(load_pem_public_key(key), keyid="receipt", scheme="ecdsa-sha2-nistp256")
    Envelope.from_dict(signed).verify([public], 1)


def sd_jwt():
    from jwcrypto.jwk import JWK
    from sd_jwt.verifier import SDJWTVerifier

    token = (folder / "receipt.sd-jwt").read_text()
    jwt = token.split("~")[0]
    for shown in (token, f"{jwt}~"):
        read = SDJWTVerifier(shown, lambda *_: JWK.from_pem(key)).get_verified_payload()
        assert read["receiptId"]
        assert ("title" in read["run"]) == (shown == token)


def cose():
    from scitt_cose.receipt import verify_receipt

    receipt = (folder / "receipt.cose").read_bytes()
    entry = (folder / "entry.bin").read_bytes()
    result = verify_receipt(receipt, leaf_entry_hex=entry.hex(), log_public_key_pem=(folder / "log.pub.pem").read_bytes())
    assert result.ok, result.errors


{"jcs": jcs, "in-toto": in_toto, "dsse": dsse, "sd-jwt": sd_jwt, "cose": cose}[check]()
