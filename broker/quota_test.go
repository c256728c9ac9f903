package broker_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// quota is the example with a quota for head-a.
func quota(size string) []byte {
	return []byte(strings.Replace(string(contours.Example()), "    preset: basic\n", "    preset: basic\n    quota: "+size+"\n", 1))
}

// beyond says whether err is QUO-04; any other error fails the test.
func beyond(t testing.TB, err error) bool {
	t.Helper()
	var faults document.Faults
	if err != nil && (!errors.As(err, &faults) || len(faults) != 1 || faults[0].Code != document.QuotaBytes) {
		t.Errorf("refused with %v, want %s", err, document.QuotaBytes)
	}
	return err != nil
}

func stores(t testing.TB, e *brokertest.Env, contour document.ContourCode, want int64) {
	t.Helper()
	if got, err := e.Record.Stored(bounded(t), contour); err != nil || got != want {
		t.Errorf("%s stores %d bytes (%v), want %d", contour, got, err, want)
	}
}

func TestUploadsAtOnceDoNotPassTheQuotaTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open, Rules: quota("4KiB")})
		contents := make([][]byte, 12)
		infos := make([]blob.Info, len(contents))
		for i := range contents {
			contents[i] = []byte(strings.Repeat(string(rune('a'+i)), 1<<10))
			infos[i] = stored(t, e, contents[i])
		}
		var passed, refused atomic.Int64
		together(2*len(contents), func(i int) {
			if i %= len(contents); beyond(t, entered(t, e, infos[i], contents[i])) {
				refused.Add(1)
			} else {
				passed.Add(1)
			}
		})
		if passed.Load() != 8 || refused.Load() != 16 {
			t.Errorf("%d passed, %d were refused; want four files twice, eight twice", passed.Load(), refused.Load())
		}
		stores(t, e, "head-a", 4<<10)
		collects(t, e, later(), 12)
		stores(t, e, "head-a", 0)
	})
}

func TestAQuotaThatIsLoweredRefusesTheNextUploadAndNoRepeat(t *testing.T) {
	first := brokertest.Start(t, brokertest.Options{Rules: quota("4KiB")})
	one, other := []byte(strings.Repeat("1", 3<<10)), []byte("2")
	upload(t, first, one)
	if _, err := first.ProposeRules(bounded(t), quota("2KiB"), "less", "admin", first.Book().Version()); err != nil {
		t.Fatal(err)
	}
	if beyond(t, entered(t, first, stored(t, first, one), one)) {
		t.Error("a repeat was refused")
	}
	if !beyond(t, entered(t, first, stored(t, first, other), other)) {
		t.Error("a byte more than the lowered quota was taken")
	}
	stores(t, first, "head-a", 3<<10)
}
