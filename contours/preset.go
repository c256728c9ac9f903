package contours

import (
	"cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// PresetCode names a configuration of a contour that an organisation orders.
type PresetCode string

// Preset is a configuration: quotas that a contour is sold with. 0 seats means any number.
type Preset struct {
	Code      PresetCode
	Name      string // as on the application form; not translated
	Seats     int
	MoreSeats bool // a contour may have more seats than the preset
	Journals  int
	Reports   int // standard report forms
	Appeals   bool
}

// Presets are the configurations on offer, largest first.
func Presets() []Preset {
	return []Preset{
		{"basic", "Базовая", 0, false, 15, 8, true},
		{"express", "SMBusiness Express", 10, true, 5, 5, true},
		{"express-soft", "Express Soft", 10, true, 5, 5, true},
		{"smart-plus", "Смарт+", 5, true, 5, 5, true},
		{"smart-soft", "Смарт Soft", 5, true, 5, 5, true},
		{"light", "Light", 3, true, 3, 0, false},
		{"talaka", "Талака", 1, true, 2, 0, false}, // budget organisations with little document flow
	}
}

// PresetOf returns the configuration with the code; the zero Preset (no quotas at all) and false when
// there is none, as for a contour that names no preset.
func PresetOf(code PresetCode) (Preset, bool) {
	for _, p := range Presets() {
		if p.Code == code {
			return p, true
		}
	}
	return Preset{}, false
}

// CheckSeats returns QUO-01, naming the preset, when contour c may not have that many participants.
func CheckSeats(c *Contour, participants int) *document.Fault {
	p, _ := PresetOf(c.Preset)
	limit := p.Seats
	if c.Seats > 0 {
		limit = c.Seats
	}
	return exceeds(document.QuotaSeats, "participants", participants, limit, limit > 0, p)
}

// CheckJournals returns QUO-02, naming the preset, when contour c may not have that many journals.
func CheckJournals(c *Contour, journals int) *document.Fault {
	p, found := PresetOf(c.Preset)
	return exceeds(document.QuotaJournals, "journals", journals, p.Journals, found, p)
}

// CheckReports returns QUO-03, naming the preset, when contour c may not have that many report forms.
func CheckReports(c *Contour, reports int) *document.Fault {
	p, found := PresetOf(c.Preset)
	return exceeds(document.QuotaReports, "reports", reports, p.Reports, found, p)
}

// CheckBytes returns QUO-04, naming the preset, when contour c may not have that many bytes stored. The quota is the
// contour's own, whatever its preset.
func CheckBytes(c *Contour, stored int64) *document.Fault {
	if c.Quota == 0 || stored <= int64(c.Quota) {
		return nil
	}
	p, _ := PresetOf(c.Preset)
	f := document.NewFault(document.QuotaBytes, "document.files", decimal(stored), cmp.Or(p.Name, "quota"), decimal(int64(c.Quota)))
	return &f
}

func exceeds(code document.FaultCode, field string, got, limit int, limited bool, p Preset) *document.Fault {
	if !limited || got <= limit {
		return nil
	}
	name := p.Name
	if name == "" {
		name = "seats" // the contour's own quota, without a preset
	}
	f := document.NewFault(code, field, decimal(int64(got)), name, decimal(int64(limit)))
	return &f
}
