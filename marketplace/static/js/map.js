// Draws the maps of parts/maps.html with Leaflet, which is fetched only where there is one.

const START = [46.6, 2.4]; // mainland France, when nothing is to be shown
const MARKER = 30; // pixels: above the 24 that a target needs

function load(path) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = `${path}.css`;
  const script = document.createElement("script");
  script.src = `${path}.js`;
  const loaded = [style, script].map(
    (element) =>
      new Promise((resolve, reject) => {
        element.addEventListener("load", resolve);
        element.addEventListener("error", reject);
      }),
  );
  document.head.append(style, script);
  return Promise.all(loaded);
}

function popup({ name, href, rank }) {
  const shown = document.createElement(href ? "a" : "strong");
  shown.textContent = rank ? `${rank}. ${name}` : name;
  if (href) shown.href = href;
  return shown;
}

function marker(place, css) {
  const disc = document.createElement("span");
  disc.className = css;
  disc.textContent = place.rank ?? "";
  const icon = L.divIcon({ html: disc, className: "", iconSize: [MARKER, MARKER] });
  // Not a stop for the keyboard: markers overlap, and the list beside the map holds the same links.
  const drawn = L.marker([place.lat, place.lon], {
    icon,
    keyboard: false,
    riseOnHover: true,
    zIndexOffset: place.rank ? -10 * place.rank : -1000,
    title: place.name,
  });
  return drawn.bindPopup(popup(place), { closeButton: false });
}

function draw(container) {
  const { points, centre, radius_km: radius } = JSON.parse(
    container.querySelector("script").textContent,
  );
  container.replaceChildren();
  const map = L.map(container, { scrollWheelZoom: false, zoomControl: false });
  L.control
    .zoom({ zoomInTitle: "Zoomer", zoomOutTitle: "Dézoomer" })
    .addTo(map);
  map.attributionControl.setPrefix(false);
  if (container.dataset.tiles) {
    L.tileLayer(container.dataset.tiles, {
      attribution: container.dataset.attribution,
      maxZoom: 18,
    }).addTo(map);
  }
  const shown = L.featureGroup(points.map((place) => marker(place, "map-marker")));
  const followed = document.getElementById(container.dataset.radiusFrom);
  const fit = () => {
    map.fitBounds(shown.getBounds(), { padding: [28, 28], maxZoom: 12, animate: false });
  };
  map.setView(START, 5);
  if (centre) {
    marker(centre, "map-marker map-marker-centre").addTo(shown);
    if (radius || followed) {
      const circle = L.circle([centre.lat, centre.lon], {
        radius: (radius ?? 0) * 1000,
        color: "#0b5c66",
        weight: 1.5,
        dashArray: "6 6",
        fillOpacity: 0.07,
        interactive: false,
      });
      circle.addTo(shown);
      if (followed) follow(map, circle, followed, fit);
    }
  }
  shown.addTo(map);
  if (shown.getLayers().length) fit();
}

// The circle of a field of kilometres, on a map that may be shown only later.
function follow(map, circle, field, fit) {
  field.addEventListener("input", () => {
    const km = Number(field.value);
    if (!(km > 0 && km <= 500)) return;
    circle.setRadius(km * 1000);
    fit();
  });
  new ResizeObserver(() => {
    map.invalidateSize();
    fit();
  }).observe(map.getContainer());
}

const isLeftToDraw = (map) => map.querySelector("script") !== null;

function drawIn(block) {
  const maps = [...block.querySelectorAll("[data-map]")];
  if (!maps.length) return;
  const ready = window.L ? Promise.resolve() : load(maps[0].dataset.leaflet);
  ready
    .then(() => maps.filter(isLeftToDraw).forEach(draw))
    .catch(() => {
      for (const map of maps.filter(isLeftToDraw)) {
        map.querySelector("p").textContent =
          "La carte n'a pas pu être chargée. Les mêmes lieux sont dans la liste.";
      }
    });
}

drawIn(document);
// A live search brings its own map.
document.addEventListener("htmx:afterSwap", (event) => {
  const { target } = event.detail;
  drawIn(document.getElementById(target.id) ?? target);
});
