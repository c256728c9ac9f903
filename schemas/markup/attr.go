package markup

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// attr finds an attribute that was read.
func (f *Form) attr(name string) (string, bool) {
	for i := range f.e.Attrs {
		if !f.seen[i] && strings.EqualFold(f.e.Attrs[i].Name, name) {
			f.seen[i] = true
			return f.e.Attrs[i].Value, true
		}
	}
	return "", false
}

// value is the one way that attributes are read and written: text is what to write, parse takes what was read.
func (f *Form) value(name string, need Need, text string, number bool, parse func(string) bool) {
	if f.reading {
		s, ok := f.attr(name)
		switch {
		case !ok || (number || need == Required) && strings.TrimSpace(s) == "":
			if need == Required {
				f.Fault(f.Missed, "@"+name, name)
			}
		case !parse(s):
			f.Fault(document.FormatAttributeType, "@"+name, name)
		}
		return
	}
	if text == "" {
		if need == Optional {
			return
		}
		f.Missing = append(f.Missing, f.Path("@"+name))
	}
	if !sayable(text) {
		f.Drop("@"+name, true)
	}
	if f.e.Attrs == nil {
		f.e.Attrs = make([]Attr, 0, 4)
	}
	f.e.Attrs = append(f.e.Attrs, Attr{Name: name, Value: text, Number: number})
}

// Attr is an attribute with text.
func (f *Form) Attr(name string, need Need, v *string) {
	f.value(name, need, *v, false, func(s string) bool { *v = s; return true })
}

// Present is an attribute with text that has to be there, and of which readers let pass that it says nothing.
func (f *Form) Present(name string, v *string) {
	if f.reading {
		if s, ok := f.attr(name); ok {
			*v = s
			return
		}
	}
	f.Attr(name, Required, v)
}

// Text is an attribute with text of a type of its own, which has no blanks around it.
func Text[T ~string](f *Form, name string, need Need, v *T) {
	if strings.TrimSpace(string(*v)) != string(*v) {
		f.Drop("@"+name, true)
	}
	f.value(name, need, string(*v), false, func(s string) bool { *v = T(strings.TrimSpace(s)); return true })
}

// demand notes, when writing, that an attribute cannot say what it has to.
func (f *Form) demand(name string, can bool) {
	if !f.reading && !can {
		f.Missing = append(f.Missing, f.Path("@"+name))
	}
}

// Number is an attribute with a whole number from least; an optional one that is zero is not written.
func Number[T ~int](f *Form, name string, need Need, least T, v *T) {
	f.demand(name, *v >= least)
	text := ""
	if need == Required || *v != 0 {
		text = strconv.Itoa(int(*v))
	}
	f.value(name, need, text, true, func(s string) bool {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || T(n) < least {
			return false
		}
		*v = T(n)
		return true
	})
}

// Choice is an attribute with one of some numbers.
func Choice[T ~int](f *Form, name string, need Need, v *T, of ...T) {
	f.demand(name, *v == 0 && need == Optional || slices.Contains(of, *v))
	text := ""
	if need == Required || *v != 0 {
		text = strconv.Itoa(int(*v))
	}
	f.value(name, need, text, true, func(s string) bool {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || !slices.Contains(of, T(n)) {
			return false
		}
		*v = T(n)
		return true
	})
}

// Flag is an attribute that is 0 or 1.
func (f *Form) Flag(name string, need Need, v *bool) {
	n := 0
	if *v {
		n = 1
	}
	Choice(f, name, need, &n, 0, 1)
	if f.reading {
		*v = n == 1
	}
}

// Bool is an attribute that is true or false in the JSON twin.
func (f *Form) Bool(name string, v *bool) {
	text := strconv.FormatBool(*v)
	f.value(name, Optional, text, true, func(s string) bool {
		*v = s == "1" || strings.EqualFold(s, "true")
		return true
	})
}

// Date is an attribute with a day, YYYY-MM-DD; it is read in the form 23.11.2026 too, which the text of ГОСТ Р 53898
// names. A time or a zone behind it, which some senders add, is not part of it.
func (f *Form) Date(name string, need Need, v *document.Date) {
	f.value(name, need, v.String(), false, func(s string) bool { return parseDate(s, v) })
}

// Time is an attribute with a moment (RFC 3339, with or without a fraction of a second).
func (f *Form) Time(name string, need Need, v *time.Time) {
	text := ""
	if !v.IsZero() {
		text = v.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	f.value(name, need, text, false, func(s string) bool {
		t, err := ParseTime(s)
		*v = t
		return err == nil && !t.IsZero()
	})
}

// ParseTime reads RFC 3339 as senders write it: a fraction is allowed, a zone may lack its colon, a missing one means UTC,
// a blank may stand for the T.
func ParseTime(s string) (t time.Time, err error) {
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err = time.Parse(layout, s); err == nil {
			break
		}
	}
	return t.UTC(), err
}

func parseDate(s string, v *document.Date) bool {
	s = strings.TrimSpace(s)
	if n := len(time.DateOnly); len(s) > n && strings.ContainsRune("TZ +-", rune(s[n])) {
		s = s[:n]
	}
	if t, err := time.Parse("02.01.2006", s); err == nil {
		*v = document.DateOf(t)
		return true
	}
	d, err := document.ParseDate(s)
	*v = d
	return err == nil
}

// sayable says whether XML can hold a text: control characters and what is not UTF-8 would become something else.
func sayable(s string) bool {
	ascii := true
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s) && !strings.Contains(s, "\ufffe") && !strings.Contains(s, "\uffff")
}

// TextInTwin makes the attribute just written a text in the JSON twin, where its like are numbers.
func (f *Form) TextInTwin(name string) {
	if n := len(f.e.Attrs); !f.reading && n > 0 && f.e.Attrs[n-1].Name == name {
		f.e.Attrs[n-1].Number = false
	}
}

// Content is the text of the element.
func (f *Form) Content(v *string) {
	if f.reading {
		*v = strings.TrimSpace(f.e.Text)
		return
	}
	f.Drop("", strings.TrimSpace(*v) != *v || !sayable(*v))
	f.e.Text, f.e.HasText = *v, true
}

// ContentDate is the text of the element, a day.
func (f *Form) ContentDate(v *document.Date) {
	if f.reading {
		if !parseDate(f.e.Text, v) {
			f.Fault(document.FormatContent, "", f.name)
		}
		return
	}
	f.e.Text, f.e.HasText = v.String(), true
}
