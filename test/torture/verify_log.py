"""Walks a log on files without any of fettle: python3 verify_log.py .fettle. Exit 0: sound; 1: damaged, with the place."""
import hashlib, json, os, re, sys

NAME = re.compile(r"^(\d{12,14})-(\d{8,12})\.ndjson$")

def broken(place, why):
    print(f"{place}: {why}")
    sys.exit(1)

def segments(folder):
    found = [(int(m[2]), int(m[1]), m[0]) for m in map(NAME.match, os.listdir(folder)) if m]
    return sorted(found)

def lines_of(data, name, newest):
    parts = data.split(b"\n")
    tail = parts.pop()
    if tail and not newest:
        broken(name, "its last line has no end")
    return parts

def main(store):
    folder = os.path.join(store, "log")
    files = segments(folder)
    if not files:
        broken(folder, "no segment")
    texts = {name: open(os.path.join(folder, name), "rb").read() for _, _, name in files}
    for _, _, name in files:
        try:
            seals = json.loads(texts[name].split(b"\n", 1)[0])["body"].get("seals")
        except (ValueError, KeyError, AttributeError):
            broken(name, "line 1 is no checkpoint")
        if seals and seals["segment"] in texts:
            texts[seals["segment"]] = texts[seals["segment"]][: seals["bytes"]]
    seq, prev, time = None, "0" * 64, ""
    # A group that drains the inbox counts once all of it is there: its open records, and the head before it.
    group, head = 0, None
    for index, (_, first, name) in enumerate(files):
        for number, line in enumerate(lines_of(texts[name], name, index == len(files) - 1), 1):
            place = f"{name}:{number}"
            at = line.rfind(b',"hash":"')
            try:
                record = json.loads(line)
            except ValueError:
                broken(place, "no JSON")
            if at < 0 or hashlib.sha256(line[:at]).hexdigest() != record.get("hash"):
                broken(place, "the hash does not fit")
            if seq is not None and record["seq"] != seq + 1:
                broken(place, f"record {record['seq']} after {seq}")
            if number == 1 and (record["kind"] != "checkpoint" or record["seq"] != first):
                broken(place, "no checkpoint, or not the one of the file's name")
            if (seq is not None or first == 1) and record["prev"] != prev:
                broken(place, "it does not follow the record before it")
            if record["time"] < time:
                broken(place, "its time is before the record ahead of it")
            seq, prev, time = record["seq"], record["hash"], record["time"]
            group = record["body"]["records"] if record["kind"] == "inbox" else max(0, group - 1)
            if group == 0:
                head = f"{seq}:{prev}"
    print(f"sound: {head}")

main(sys.argv[1])
