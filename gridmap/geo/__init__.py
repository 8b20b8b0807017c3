"""Pure geometry and statistics: frames and arrays in, results out; no table, no clock, no file.

| module | what it answers |
| --- | --- |
| `columns`, `crs`, `datum` | is this frame what it says; which metres, which datum |
| `assign` | which zone each point stands in, ties on borders, agreement with a record |
| `topology` | everything that keeps zones from tiling their jurisdiction, each fault with its place |
| `topology_near`, `norms`, `repair` | the same faults near a change only; odd doors and households; who gets the ground at fault |
| `edit` | edits on the coverage: what was a partition stays one |
| `units`, `propose`, `rebalance` | balanced, compact, contiguous zones: drawn anew, or with the least change |
| `queueing`, `allot`, `posts` | what residents may expect of a plan, who gets which beat, where posts reach most doors |
| `change`, `balance`, `neighbours`, `simplify` | two editions compared; loads and compactness; shared borders; small screens |
| `coverage` | ground and doors that nobody answers for |
| `duty`, `reach` | hours of the week with nobody on duty; minutes from the nearest post along the streets |
| `lattice`, `gistar`, `kde`, `timeline` | counts, hotspots beyond chance, density, hours of the week |
| `gistar_drawn`, `moran`, `rates` | hotspots of weighted values, likes among likes, rates that few residents do not spoil |
| `emerging`, `trend` | what is new, growing, fading or gone, step by step; does a short series rise |
| `deck`, `draws` | what these stand on: exact sums from a deck of counts, tails by drawing |
| `bandwidth`, `dual_density` | how wide a density is smoothed, chosen by forecast; incidents a household |
| `forecast`, `forecast_back_test`, `forecast_score` | where next, how far that was right on the past, hit rate, PAI and PEI* |
| `privacy`, `privacy_places` | counts and places from which no household can be told |
| `warm` | compiles what is compiled, once |

Modules are imported by name: some load compiled code, and nobody should wait for what they do not use.
"""
