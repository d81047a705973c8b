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
  if (centre) {
    marker(centre, "map-marker map-marker-centre").addTo(shown);
    if (radius) {
      const circle = L.circle([centre.lat, centre.lon], {
        radius: radius * 1000,
        color: "#0b5c66",
        weight: 1.5,
        dashArray: "6 6",
        fillOpacity: 0.07,
        interactive: false,
      });
      circle.addTo(shown);
    }
  }
  map.setView(START, 5);
  shown.addTo(map);
  if (shown.getLayers().length) {
    map.fitBounds(shown.getBounds(), { padding: [28, 28], maxZoom: 12, animate: false });
  }
}

const maps = [...document.querySelectorAll("[data-map]")];
if (maps.length) {
  load(maps[0].dataset.leaflet)
    .then(() => maps.forEach(draw))
    .catch(() => {
      for (const map of maps) {
        map.querySelector("p").textContent =
          "La carte n'a pas pu être chargée. Les mêmes lieux sont dans la liste.";
      }
    });
}
