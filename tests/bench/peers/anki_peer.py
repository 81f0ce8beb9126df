"""Anki as a peer: the collection of its own library against its own sync server.

Reads commands from standard input and answers each with one line of JSON. Logging in and opening the
collection are not timed, as enrolment is not timed on our side.
"""

import json
import sys
import time

from anki.collection import Collection

FIELDS = ["id", "kind", "version", "body", "note", "channel"]


class Device:
    def __init__(self, folder, address):
        self.path = f"{folder}/collection.anki2"
        self.col = Collection(self.path)
        self.auth = self.col.sync_login("u", "p", address)

    def seed(self, file):
        models = self.col.models
        kind = models.new("record")
        for name in FIELDS:
            models.add_field(kind, models.new_field(name))
        card = models.new_template("record")
        card["qfmt"], card["afmt"] = "{{id}}", "{{body}}"
        models.add_template(kind, card)
        models.add(kind)
        kind = models.by_name("record")
        for line in open(file, encoding="utf-8"):
            row = json.loads(line)
            note = self.col.new_note(kind)
            texts = [row["id"], row["kind"], str(row["version"])]
            body = json.dumps(row["body"], ensure_ascii=False, separators=(",", ":"))
            note.fields = texts + [body, "", ""]
            self.col.add_note(note, 1)
        self.whole(upload=True)
        return {}

    def whole(self, upload):
        self.col.close_for_full_sync()
        self.col.full_upload_or_download(auth=self.auth, server_usn=None, upload=upload)
        self.col.reopen(after_full_sync=True)

    def first(self):
        began = time.perf_counter()
        self.whole(upload=False)
        found = len(self.col.find_notes("kind:household"))
        return {"ms": (time.perf_counter() - began) * 1000, "found": found}

    def round(self):
        began = time.perf_counter()
        said = self.col.sync_collection(self.auth, sync_media=False)
        assert said.required == said.NO_CHANGES, said
        return {"ms": (time.perf_counter() - began) * 1000}

    def households(self):
        return sorted(self.col.find_notes("kind:household"))[:1000]

    def edit(self, field, mark):
        text_bytes, notes = 0, []
        for number, id in enumerate(self.households()):
            note = self.col.get_note(id)
            note[field] = text(number, mark)
            text_bytes += len(note[field].encode())
            notes.append(note)
        self.col.update_notes(notes)
        return {"bytes": text_bytes}

    def count(self, field, mark):
        notes = enumerate(self.households())
        return {"found": sum(self.col.get_note(id)[field] == text(number, mark) for number, id in notes)}


def text(number, mark):
    return mark.replace("#", str(number))


def main():
    device = Device(sys.argv[1], sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        print(json.dumps(getattr(device, name)(*arguments)), flush=True)
    device.col.close()


main()
