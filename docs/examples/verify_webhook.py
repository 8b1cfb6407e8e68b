# Verifies a message of a webhook (Standard Webhooks) with nothing but Python 3.
# python3 verify_webhook.py <secret> <webhook-id> <webhook-timestamp> <webhook-signature> < body
import base64
import hashlib
import hmac
import sys
import time

TOLERANCE_SECONDS = 300


def is_authentic(secret: str, message_id: str, timestamp: str, signature: str, body: bytes) -> bool:
    # An old message that somebody sends again is refused.
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    # There are two signatures while a secret is being changed.
    return any(hmac.compare_digest(given.encode(), expected.encode()) for given in signature.split(" "))


if __name__ == "__main__":
    authentic = is_authentic(*sys.argv[1:5], sys.stdin.buffer.read())
    print("authentic" if authentic else "not authentic")
    sys.exit(0 if authentic else 1)
