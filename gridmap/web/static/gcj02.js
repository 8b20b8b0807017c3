// A projection for base maps drawn in GCJ-02: data stay in WGS 84 and are shifted only where they meet the tiles.
// The same formula as gridmap.geo.gcj02; a classic script, because the map's own script needs it before it runs.

(() => {
  const L = window.L;
  const { sin, cos, sqrt, abs, PI } = Math;

  function shift(lat, lon) {
    const [x, y] = [lon - 105, lat - 35];
    const [root, xy] = [0.1 * sqrt(abs(x)), 0.1 * x * y];
    const wave = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + xy + 2 * root;
    north += ((wave + 20 * sin(PI * y) + 40 * sin((PI * y) / 3)) * 2) / 3;
    north += ((160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30)) * 2) / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + xy + root;
    east += ((wave + 20 * sin(PI * x) + 40 * sin((PI * x) / 3)) * 2) / 3;
    east += ((150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30)) * 2) / 3;
    const phi = (lat * PI) / 180;
    const magic = 1 - 0.00669342162296594323 * sin(phi) ** 2;
    const prime = 6378245 / sqrt(magic);
    const meridian = (prime * (1 - 0.00669342162296594323)) / magic;
    return [((north / meridian) * 180) / PI, ((east / (prime * cos(phi))) * 180) / PI];
  }

  const flat = L.Projection.SphericalMercator;
  const projection = L.extend({}, flat, {
    project: (at) => {
      const [north, east] = shift(at.lat, at.lng);
      return flat.project(L.latLng(at.lat + north, at.lng + east));
    },
    unproject: (point) => {
      const image = flat.unproject(point);
      let [lat, lng] = [image.lat, image.lng];
      for (let i = 0; i < 6; i += 1) {
        const [north, east] = shift(lat, lng);
        [lat, lng] = [image.lat - north, image.lng - east];
      }
      return L.latLng(lat, lng);
    },
  });
  L.CRS.GCJ02 = L.extend({}, L.CRS.EPSG3857, { code: "GCJ02", projection });
})();
