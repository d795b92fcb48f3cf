"""Writes data/train.jsonl and data/held-out.jsonl: short support messages, 1 where somebody has to call back today.

Made from word lists with a fixed seed, a tenth of the labels turned over, and no message in both files.
"""

import json
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
WHO = ["the clinic", "our branch", "a wholesaler", "the night shift", "the harbour office", "one tenant", "the school"]
URGENT = [
    "cannot open the till", "has no heating since morning", "sees a stranger's invoice", "lost the delivery on the road",
    "is locked out of the account", "reports smoke near the meter", "was charged twice today", "has water in the cellar",
]
CALM = [
    "asks for last year's invoice", "wants a new price list", "would like to move the visit", "thanks for the repair",
    "changes the billing address", "asks how to read the meter", "orders more forms", "confirms the appointment",
]
TAIL = ["and waits", "by letter", "on the phone", "for the second time", "as agreed", "before noon", "with a photo", "again"]


def main():
    draw = random.Random(20260101)
    seen, rows = set(), []
    while len(rows) < 800:
        label = draw.randrange(2)
        subject, what = draw.choice(WHO), draw.choice(URGENT if label else CALM)
        text = f"{subject} {what} {draw.choice(TAIL)} {draw.choice(TAIL)} no {draw.randrange(10, 99)}"
        if text in seen:
            continue
        seen.add(text)
        rows.append({"text": text, "label": label if draw.random() > 0.1 else 1 - label})
    os.makedirs(os.path.join(HERE, "data"), exist_ok=True)
    for name, part in (("train", rows[:600]), ("held-out", rows[600:])):
        with open(os.path.join(HERE, "data", f"{name}.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in part)


if __name__ == "__main__":
    main()
