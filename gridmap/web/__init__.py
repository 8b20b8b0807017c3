"""Pages for people: station, planner, officer, resident; `pages` joins them."""
