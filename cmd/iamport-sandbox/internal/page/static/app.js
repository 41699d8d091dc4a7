// Keeps the page up to date: after each change it loads the page again and replaces the parts whose HTML has changed.
"use strict";
(() => {
	const parts = (doc) => [...doc.querySelectorAll("[data-live]")];
	const known = new Map(parts(document).map((part) => [part.id, part.innerHTML])); // as the server sent it
	const clocks = new Map();

	// key describes an element of a part, so that the same one is found after the part was replaced.
	const key = (element) => {
		if (element.id) return element.id;
		const hidden = [...(element.form?.querySelectorAll("input[type=hidden]:not([name=token])") ?? [])].map((i) => i.value);
		return [element.tagName, element.name, element.getAttribute("href"), element.parentElement?.id, ...hidden].join("\n");
	};
	const selector = "a, button, input, select, summary, pre, [tabindex]";
	// The list grows at its begin, so equal elements are counted from the end.
	const fields = (part) => {
		const found = new Map(), counts = new Map();
		for (const element of [...part.querySelectorAll(selector)].reverse()) {
			const name = key(element);
			counts.set(name, (counts.get(name) ?? 0) + 1);
			found.set(name + "\n" + counts.get(name), element);
		}
		return found;
	};

	// replace shows the new HTML of a part, and keeps the focus, open details, and what was entered.
	const replace = (part, html) => {
		const before = fields(part);
		const focused = [...before].find(([, element]) => element === document.activeElement)?.[0];
		const open = [...part.querySelectorAll("details[id][open]")].map((element) => element.id);
		const entered = [...before].filter(([, element]) =>
			element.matches("input:not([type=hidden])") && element.value !== element.defaultValue);
		part.innerHTML = html;
		for (const id of open) document.getElementById(id)?.setAttribute("open", "");
		const after = fields(part);
		for (const [name, element] of entered) {
			if (after.has(name)) after.get(name).value = element.value;
		}
		const now = after.get(focused);
		now?.focus({ preventScroll: true });
		const was = before.get(focused);
		if (now?.matches("input") && was.selectionStart !== null) now.setSelectionRange(was.selectionStart, was.selectionEnd);
	};

	let announced = 0;
	const announce = () => {
		if (Date.now() - announced < 10000) return; // a fast clock changes the page all the time
		announced = Date.now();
		const region = document.getElementById("announce");
		region.textContent = document.body.dataset.updated;
		setTimeout(() => { region.textContent = ""; }, 5000);
	};

	const show = (doc) => {
		for (const fresh of parts(doc)) {
			const part = document.getElementById(fresh.id);
			const html = fresh.innerHTML;
			if (!part || known.get(fresh.id) === html) continue;
			known.set(fresh.id, html);
			replace(part, html);
			if (!("quiet" in part.dataset)) announce();
		}
		// A sandbox that was restarted has other tokens.
		const token = doc.querySelector("input[name=token]")?.value;
		for (const input of document.querySelectorAll("input[name=token]")) input.value = token ?? input.value;
		wind();
	};

	let loading = false, again = false;
	const refresh = async () => {
		if (loading) {
			again = true;
			return;
		}
		loading = true;
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
			if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
		} catch {
			// The events report the lost connection.
		}
		loading = false;
		if (again) {
			again = false;
			refresh();
		}
	};

	// wind notes the times that go on between two changes.
	const wind = () => {
		clocks.clear();
		for (const element of document.querySelectorAll("time[data-at]")) clocks.set(element, performance.now());
	};
	const tick = () => {
		for (const [element, since] of clocks) {
			const at = Number(element.dataset.at) + (performance.now() - since) * Number(element.dataset.speed);
			const korea = new Date(Math.min(at, Date.UTC(2200, 0, 1)) + 9 * 3600000);
			element.textContent = korea.toISOString().slice(0, 19).replace("T", " ");
		}
	};

	// A hidden page has no connection: browsers allow few of them.
	let events = null;
	const connect = () => {
		events?.close();
		events = null;
		if (document.hidden) return;
		const lost = document.getElementById("lost");
		events = new EventSource("/_/page/events");
		events.addEventListener("change", refresh);
		events.addEventListener("open", () => {
			lost.textContent = "";
			document.body.dataset.live = "on";
			refresh();
		});
		events.addEventListener("error", () => {
			lost.textContent = document.body.dataset.lost;
			if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
		});
	};
	document.addEventListener("visibilitychange", connect);
	addEventListener("pagehide", () => events?.close());
	addEventListener("pageshow", (event) => { if (event.persisted) connect(); });

	wind();
	setInterval(tick, 250);
	connect();
})();
