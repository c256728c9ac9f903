package signature

import (
	"context"
	"log/slog"
	"math"
	"time"
)

// WarnDays are how many days before an end a warning is due. Longest first.
func WarnDays() []int { return []int{60, 30, 7, 1} }

// DaysLeft is how many whole days are left until an end, negative after it.
func DaysLeft(ends, now time.Time) int { return int(math.Floor(ends.Sub(now).Hours() / 24)) }

// TermWatch warns of ends ahead: for each term once when a threshold of WarnDays is crossed, and once when it has
// ended. What was said is remembered for the life of the process: a restart says again how things stand.
type TermWatch struct {
	Terms func(now time.Time) []Term
	Show  func(terms []Term, now time.Time) // for figures, after each look; nil: nobody is shown
	Log   *slog.Logger

	told map[Term]int // threshold that was told of last
}

// termsEvery is how often TermWatch looks.
const termsEvery = 10 * time.Minute

// Run looks at once and then every ten minutes until ctx ends, and returns its error.
func (w *TermWatch) Run(ctx context.Context) error {
	ticker := time.NewTicker(termsEvery)
	defer ticker.Stop()
	for {
		w.Look(time.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Look warns of what is due as at now. One goroutine looks at a time.
func (w *TermWatch) Look(now time.Time) {
	terms := w.Terms(now)
	told := make(map[Term]int, len(w.told)) // what is gone, or renewed, is forgotten
	for _, t := range terms {
		threshold, due := thresholdAt(t.Ends, now)
		if !due {
			continue
		}
		if last, before := w.told[t]; !before || threshold < last {
			if _, twice := told[t]; !twice {
				w.tell(t, now)
			}
		}
		told[t] = threshold
	}
	w.told = told
	if w.Show != nil {
		w.Show(terms, now)
	}
}

// thresholdAt is the last threshold that was crossed, in days; 0 after the end.
func thresholdAt(ends, now time.Time) (days int, due bool) {
	left := ends.Sub(now)
	if left <= 0 {
		return 0, true
	}
	for _, d := range WarnDays() {
		if left <= time.Duration(d)*24*time.Hour {
			days, due = d, true
		}
	}
	return days, due
}

func (w *TermWatch) tell(t Term, now time.Time) {
	about := []any{"kind", string(t.Kind), "domain", t.Domain, "name", t.Name, "fingerprint", t.Fingerprint, "ends", t.Ends.UTC().Format(time.RFC3339), "days_left", DaysLeft(t.Ends, now)}
	if !t.Ends.After(now) {
		w.Log.Error("the term of something that trust rests on has ended: replace it", about...)
		return
	}
	w.Log.Warn("the term of something that trust rests on ends soon: replace it", about...)
}
