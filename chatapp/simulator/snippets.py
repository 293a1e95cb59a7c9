"""Code for the simulated answers, in the languages people ask for."""

CODE: dict[str, str] = {
    "python": '''
from collections import Counter
from pathlib import Path


def most_common_words(path: Path, limit: int = 10) -> list[tuple[str, int]]:
    """Count words line by line, so that a large file never sits in memory."""
    counts: Counter[str] = Counter()
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            counts.update(word.strip(".,;:!?").lower() for word in line.split())
    return counts.most_common(limit)


if __name__ == "__main__":
    for word, count in most_common_words(Path("notes.txt")):
        print(f"{count:>6}  {word}")
''',
    "javascript": """
// Retries with a growing pause; gives up on the last attempt instead of hiding the error.
export async function retry(task, { attempts = 3, pause = 250 } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await task(attempt);
    } catch (error) {
      if (attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * 2 ** attempt));
    }
  }
}

const response = await retry(() => fetch("/api/items?limit=20"));
console.log(`${response.status} <- ${response.url}`);
""",
    "sql": """
WITH monthly AS (
    SELECT customer_id,
           date_trunc('month', ordered_at) AS month,
           sum(amount_cents)               AS cents
    FROM   orders
    WHERE  ordered_at >= now() - interval '1 year'
    GROUP  BY customer_id, month
)
SELECT customer_id, month, cents,
       cents - lag(cents) OVER (PARTITION BY customer_id ORDER BY month) AS change
FROM   monthly
ORDER  BY customer_id, month;
""",
    "bash": """
#!/usr/bin/env bash
set -euo pipefail

# Keep the newest seven backups & remove the rest.
cd "${BACKUPS:-/var/backups}"
ls -1t -- *.tar.gz | tail -n +8 | while read -r old; do
  echo "removing $old"
  rm -- "$old"
done
""",
    "rust": """
use std::collections::HashMap;

/// Groups words by their length, shortest first.
fn by_length<'a>(text: &'a str) -> Vec<(usize, Vec<&'a str>)> {
    let mut groups: HashMap<usize, Vec<&str>> = HashMap::new();
    for word in text.split_whitespace() {
        groups.entry(word.chars().count()).or_default().push(word);
    }
    let mut sorted: Vec<_> = groups.into_iter().collect();
    sorted.sort_by_key(|(length, _)| *length);
    sorted
}
""",
    "go": """
// Merge fans several channels into one and closes it when all of them are done.
func Merge[T any](inputs ...<-chan T) <-chan T {
	out := make(chan T)
	var wg sync.WaitGroup
	for _, in := range inputs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for value := range in {
				out <- value
			}
		}()
	}
	go func() { wg.Wait(); close(out) }()
	return out
}
""",
    "html": """
<form action="/search" method="get" role="search">
  <label for="q">What are you looking for?</label>
  <input id="q" name="q" type="search" required minlength="2" autocomplete="off">
  <button>Search &amp; show</button>
</form>
""",
    "css": """
.cards {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr));
  gap: clamp(0.75rem, 2vw, 1.5rem);
}

@media (prefers-reduced-motion: no-preference) {
  .cards > * { transition: translate 150ms ease-out; }
}
""",
    "json": """
{
  "name": "example",
  "retries": 3,
  "paths": ["notes/*.md", "drafts/**/*.md"],
  "owner": {"team": "docs", "on_call": true}
}
""",
    "diff": """
--- a/settings.toml
+++ b/settings.toml
@@ -1,4 +1,4 @@
 [cache]
-lifetime = 60
+lifetime = 300
 compress = true
""",
}

ALIASES: dict[str, str] = {
    "py": "python", "django": "python", "flask": "python", "pandas": "python", "script": "python",
    "js": "javascript", "typescript": "javascript", "node": "javascript", "react": "javascript",
    "postgres": "sql", "postgresql": "sql", "sqlite": "sql", "database": "sql", "query": "sql",
    "shell": "bash", "linux": "bash", "terminal": "bash", "command": "bash", "cargo": "rust",
    "golang": "go", "form": "html", "webpage": "html", "stylesheet": "css", "layout": "css",
    "config": "json", "patch": "diff", "code": "python", "function": "python", "program": "python",
}  # fmt: skip
