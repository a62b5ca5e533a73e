"""Reads a Maildir with Python's own parser; a JSON object for each mail."""

import email
import email.policy
import json
import pathlib
import sys

for file in sorted(pathlib.Path(sys.argv[1]).glob("new/*")):
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    print(
        json.dumps(
            {
                "subject": mail["subject"],
                "from": [[address.display_name, address.addr_spec] for address in mail["from"].addresses],
                "to": [[address.display_name, address.addr_spec] for address in mail["to"].addresses],
                "message_id": mail["message-id"],
                "references": mail["references"],
                "date": mail["date"].datetime.isoformat(),
                "texts": {part.get_content_type(): part.get_content() for part in parts},
                "defects": [str(defect) for part in mail.walk() for defect in part.defects],
            }
        )
    )
