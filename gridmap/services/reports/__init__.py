"""Reports from residents: sent at a door without an account, followed with a receipt, worked on by the station.

`sending`, `following` and `photo` serve strangers and are loaded by the lean public process: no numpy, no geometry, no
table classes there. `desk` serves staff.
"""
