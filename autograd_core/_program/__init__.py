"""Programs as data: functions traced into flat lists, which players replay.

In reading order: `listing` (the flat list) and `guards` (the questions along the way); `player` (the meaning of a list,
in Python), `native` (the same in C) and `players` (the choice between them); `tracing` (one run of a function),
`recorded` (which turns that run into a list) and `arguments` (which takes a call's arguments apart); `branches`,
`replays` and `failing` (how a point finds its branch, or its error); `spread`, `many_rows` and `over_rows` (many
points); `replayed` (how a call is made) and `program` (the class Program); `saving` and `explaining`; `flow`,
`merging`, `words`, `picture` and `sketch` (the drawing of steps); `exporting`, `exporting_c` and `exporting_python`,
with the players that exports contain (`numpy_player` and `python_player`).
"""
