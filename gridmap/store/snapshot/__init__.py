"""The resolution snapshot (应答快照): what a scan rests on, as files that every process maps and none can change.

A folder holds one index of all plates (`codes`), two small files a station (`segment` and a JSON of its people) and a
manifest that names them (`folder`). `state` reads one manifest as a whole; `write` publishes the next. Reading imports
neither numpy nor a database.
"""
