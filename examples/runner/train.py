"""Fine-tunes a small text classifier on this machine's processor: a logistic model over hashed word pairs.

    python3 train.py JOB_FOLDER

Reads JOB_FOLDER/job.json ({"recipe": {...}, "checkpoint": {...} | null}) and writes one JSON object per line to
standard output: {"log"}, {"progress", "metrics"}, {"checkpoint"}, {"artifact"}, and at the end {"result"}. It resumes
from the checkpoint, so a run that was killed costs the epoch it was in. Plain Python: nothing has to be installed.
"""

import hashlib
import json
import math
import os
import random
import sys

BUCKETS = 4096
HERE = os.path.dirname(os.path.abspath(__file__))


def say(**line):
    print(json.dumps(line), flush=True)


def features(text):
    words = text.lower().split()
    grams = words + [f"{a} {b}" for a, b in zip(words, words[1:])]
    return [int(hashlib.sha256(gram.encode()).hexdigest()[:8], 16) % BUCKETS for gram in grams]


def load(split):
    with open(os.path.join(HERE, "data", f"{split}.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def predict(weights, text):
    score = weights[BUCKETS] + sum(weights[i] for i in features(text))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def epoch(weights, rows, rate, seed):
    order = list(rows)
    random.Random(seed).shuffle(order)
    loss = 0.0
    for row in order:
        likely = predict(weights, row["text"])
        error = row["label"] - likely
        loss -= math.log(max(1e-9, likely if row["label"] else 1 - likely))
        for i in features(row["text"]):
            weights[i] += rate * error
        weights[BUCKETS] += rate * error
    return loss / len(order)


def correct(weights, row):
    return 1 if (predict(weights, row["text"]) >= 0.5) == bool(row["label"]) else 0


def main(folder):
    with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
        job = json.load(file)
    hyper = job["recipe"]["hyper"]
    epochs = int(hyper.get("epochs", 6))
    rate = float(hyper.get("learning_rate", 0.05))
    seed = int(hyper.get("seed", 1))
    train, held_out = load("train"), load("held-out")
    # The base model has seen a fortieth of the training items once: better than a coin, far from good.
    base = [0.0] * (BUCKETS + 1)
    epoch(base, train[:: 40], rate, seed)
    weights, start = list(base), 0
    checkpoint = job.get("checkpoint")
    path = os.path.join(folder, "checkpoint.json")
    if checkpoint and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        # A killed runner may leave its trainer an epoch ahead of what was told; training is deterministic, so that is fine.
        if kept["epoch"] >= checkpoint["epoch"]:
            weights, start = kept["weights"], kept["epoch"]
            say(log=f"resumed after epoch {start}")
    for number in range(start, epochs):
        loss = epoch(weights, train, rate, seed + number)
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump({"epoch": number + 1, "weights": weights}, file)
        os.replace(path + ".part", path)
        say(log=f"epoch {number + 1} of {epochs}: loss {loss:.4f}")
        say(progress={"done": number + 1, "total": epochs, "unit": "epochs"}, metrics={"loss": round(loss, 6)})
        say(checkpoint={"epoch": number + 1})
    model = os.path.join(folder, "model.json")
    with open(model, "w", encoding="utf-8") as file:
        json.dump({"buckets": BUCKETS, "weights": [round(weight, 6) for weight in weights]}, file)
    say(artifact={"kind": "model", "path": model, "name": "model.json", "media_type": "application/json"})
    known = {hashlib.sha256(row["text"].encode()).hexdigest() for row in train}
    overlap = sum(hashlib.sha256(row["text"].encode()).hexdigest() in known for row in held_out)
    say(
        result={
            "metrics": {
                "metric": "accuracy",
                "items": [[correct(base, row), correct(weights, row)] for row in held_out],
                "seeds": [seed],
                "contamination": {"eval_items": len(held_out), "overlapping": overlap},
            },
            "runtime": {"python": sys.version.split()[0], "device": "cpu"},
        }
    )


if __name__ == "__main__":
    main(sys.argv[1])
