// Before the first paint: the colours this person chose on this device.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
