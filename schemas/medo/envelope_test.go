package medo

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

const envelopeSample = `[ПИСЬМО КП ПС СЗИ]
ТЕМА=ЭСД МЭДО (№ 01-05/77 от 23.11.2026)
АВТООТПРАВКА=1
ШИФРОВАНИЕ=0
ЭЦП=1
ДОСТАВЛЕНО=1
ПРОЧТЕНО=1
ДАТА=23.11.2026 11:15:00
ОСОБОЕ=да
[АДРЕСАТЫ]
0=ORG_B~MEDOGU
1=WH-MEDO~APRF
[ФАЙЛЫ]
0=C:\Почта\исходящие\document.edc.zip
1=document.xml
[ТЕКСТ]
ФАЙЛ=annotation.txt
`

func windows1251(t testing.TB, s string) []byte {
	t.Helper()
	b, err := charmap.Windows1251.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

func TestEnvelope(t *testing.T) {
	want := &Envelope{
		Subject: "ЭСД МЭДО (№ 01-05/77 от 23.11.2026)", AutoSend: true, Sign: true, Receipt: true, Read: true, Date: time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC),
		To: []string{"ORG_B~MEDOGU", "WH-MEDO~APRF"}, Files: []string{"document.edc.zip", "document.xml"}, Text: "annotation.txt", Extras: []string{"ОСОБОЕ=да"},
	}
	for name, data := range map[string][]byte{
		"windows-1251":      windows1251(t, envelopeSample),
		"ends of Windows":   windows1251(t, strings.ReplaceAll(envelopeSample, "\n", "\r\n")),
		"UTF-8 by mistake":  []byte(envelopeSample),
		"with a mark":       []byte("\ufeff" + envelopeSample),
		"blanks and cases":  windows1251(t, strings.NewReplacer("[АДРЕСАТЫ]", " [Адресаты] \n; примечание", "ТЕМА=", "Тема = ").Replace(envelopeSample)),
		"another's section": windows1251(t, envelopeSample+"[ПРОЧЕЕ]\nЧТО=то\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DecodeEnvelope(data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			text, losses := EncodeEnvelope(got, Options{})
			noLosses(t, losses)
			again, err := DecodeEnvelope(text, Options{})
			if diff := cmp.Diff(want, again); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestEnvelopeProblems(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Code
	}{
		"no addressees":          {"[ПИСЬМО КП ПС СЗИ]\nТЕМА=т\n", EnvelopeAddressee},
		"addressee says nothing": {"[АДРЕСАТЫ]\n0=\n", EnvelopeAddressee},
		"nothing":                {"", EnvelopeAddressee},
		"no section":             {"0=a\n[АДРЕСАТЫ]\n0=A~B\n", EnvelopeMalformed},
		"no value":               {"[АДРЕСАТЫ]\n0=A~B\nчто-то\n", EnvelopeMalformed},
		"no date":                {"[ПИСЬМО КП ПС СЗИ]\nДАТА=завтра\n[АДРЕСАТЫ]\n0=A~B\n", EnvelopeMalformed},
		"no flag":                {"[ПИСЬМО КП ПС СЗИ]\nЭЦП=да\n[АДРЕСАТЫ]\n0=A~B\n", EnvelopeMalformed},
		"too many":               {"[АДРЕСАТЫ]\n" + strings.Repeat("0=A~B\n", 1001), EnvelopeMalformed},
		"too long":               {"[АДРЕСАТЫ]\n0=A~B\n" + strings.Repeat("\n", 1<<20), EnvelopeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeEnvelope(windows1251(t, c.in), Options{})
			var problems Problems
			if !errors.As(err, &problems) || !problems.Has(c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, losses := EncodeEnvelope(&Envelope{}, Options{}); !losses.Unfit.Has(EnvelopeAddressee) {
		t.Error("written without addressees")
	}
}

// Only what is all there may be left out: subject, date and text.
func TestEnvelopeOfAddresseesAlone(t *testing.T) {
	got, err := DecodeEnvelope(windows1251(t, "[АДРЕСАТЫ]\n0=A~B\n"), Options{})
	if err != nil || len(got.To) != 1 || !got.Date.IsZero() || got.Subject != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Whatever a subject says, the envelope keeps its lines, and what of it is lost is told.
func TestEnvelopeSubjectsThereAndBack(t *testing.T) {
	subjects := rapid.OneOf(texts(), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		e := &Envelope{Subject: subjects.Draw(t, "subject"), To: []string{"A~B"}}
		data, losses := EncodeEnvelope(e, Options{})
		got, err := DecodeEnvelope(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != e.Subject && !slices.Contains(losses.Lost, "ТЕМА") {
			t.Fatalf("%q became %q in silence", e.Subject, got.Subject)
		}
		if len(got.To) != 1 || len(got.Extras) > 0 {
			t.Fatalf("%q got out of its line: %+v", e.Subject, got)
		}
	})
}
