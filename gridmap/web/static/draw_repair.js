// A boundary file brought into the draft, and the repair of faults: each shown with its ground, accepted one by one or all.

export function wireRepair() {}
