"""Maps: what Folium builds, and the colours and classes of what our own modules draw on it."""
