package contours_test

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func TestAQuotaIsRefusedByTheNameOfItsPreset(t *testing.T) {
	for _, p := range contours.Presets() {
		c := &contours.Contour{Preset: p.Code}
		if f := contours.CheckJournals(c, p.Journals); f != nil {
			t.Errorf("%s: %d journals refused: %v", p.Name, p.Journals, f)
		}
		for _, f := range []*document.Fault{contours.CheckJournals(c, p.Journals+1), contours.CheckReports(c, p.Reports+1)} {
			if f == nil || f.Args[1] != p.Name {
				t.Errorf("%s: one too many is told as %v", p.Name, f)
			}
		}
		f := contours.CheckSeats(c, p.Seats+1)
		if unlimited := p.Seats == 0; unlimited != (f == nil) {
			t.Errorf("%s: %d participants: %v", p.Name, p.Seats+1, f)
		}
	}
}

func TestAContourMayHaveMoreSeatsThanItsPreset(t *testing.T) {
	c := &contours.Contour{Preset: "talaka", Seats: 3}
	if f := contours.CheckSeats(c, 3); f != nil {
		t.Errorf("3 of 3 refused: %v", f)
	}
	if f := contours.CheckSeats(c, 4); f == nil || f.Text(document.Russian) != "участников 4, конфигурация «Талака» допускает 3" {
		t.Errorf("4 of 3: %v", f)
	}
}

func TestAContourWithoutPresetIsUnlimited(t *testing.T) {
	c := &contours.Contour{}
	for _, f := range []*document.Fault{
		contours.CheckSeats(c, 1000), contours.CheckJournals(c, 1000), contours.CheckReports(c, 1000), contours.CheckBytes(c, 1<<50),
	} {
		if f != nil {
			t.Errorf("refused: %v", f)
		}
	}
}

func TestStorageIsRefusedBeyondTheQuota(t *testing.T) {
	c := &contours.Contour{Preset: "talaka", Quota: 100}
	if f := contours.CheckBytes(c, 100); f != nil {
		t.Errorf("100 of 100 refused: %v", f)
	}
	if f := contours.CheckBytes(c, 101); f == nil || f.Code != document.QuotaBytes || f.Args[1] != "Талака" {
		t.Errorf("101 of 100: %v, want %s by the name of the preset", f, document.QuotaBytes)
	}
}
