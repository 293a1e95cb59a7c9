// Before the first paint: a conversation opens at its end. Coming back to it, the browser knows the place better.
{
  const [visit] = performance.getEntriesByType("navigation");
  if (document.getElementById("wire") && visit?.type === "navigate" && !location.hash) scrollTo(0, document.documentElement.scrollHeight);
}
