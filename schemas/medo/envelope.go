package medo

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Limits of an envelope.
const (
	maxEnvelope     = 1 << 20 // bytes
	maxEnvelopeList = 1000    // addressees, and files
)

// The sections and keys of envelope.ini.
const (
	letterSection    = "ПИСЬМО КП ПС СЗИ"
	addresseeSection = "АДРЕСАТЫ"
	fileSection      = "ФАЙЛЫ"
	textSection      = "ТЕКСТ"

	envelopeTime = "02.01.2006 15:04:05"
)

// Envelope is envelope.ini (envelope.ltr): what the transport of МЭДО reads, in the folder beside a message.
type Envelope struct {
	Subject  string // ТЕМА
	AutoSend bool   // АВТООТПРАВКА
	Encrypt  bool   // ШИФРОВАНИЕ
	Sign     bool   // ЭЦП
	Receipt  bool   // ДОСТАВЛЕНО: delivery is to be confirmed
	Read     bool   // ПРОЧТЕНО: reading is to be confirmed
	Date     time.Time
	To       []string // addresses: mailbox~gateway, "ORG_B~MEDOGU"
	Files    []string // names without folders
	Text     string   // the name of a file with an annotation
	Extras   []string // other lines of the first section that say something: "ИМЯ=значение"
}

// DecodeEnvelope reads an envelope in windows-1251, or in UTF-8 by mistake. The error is Problems; the envelope beside it
// holds what could be read.
func DecodeEnvelope(data []byte, o Options) (*Envelope, error) {
	e := new(Envelope)
	if len(data) > maxEnvelope {
		return e, Problems{{Code: EnvelopeMalformed, Note: strconv.Itoa(len(data)) + " > " + strconv.Itoa(maxEnvelope)}}
	}
	var problems Problems
	section, begun := "", false
	for n, line := range strings.Split(envelopeText(data), "\n") {
		line = strings.TrimSpace(line)
		name, isSection := strings.CutPrefix(line, "[")
		switch {
		case line == "" || strings.HasPrefix(line, ";"):
		case isSection && strings.HasSuffix(name, "]"):
			section, begun = strings.ToUpper(strings.TrimSpace(strings.TrimSuffix(name, "]"))), true
		case !begun || strings.Index(line, "=") < 1:
			problems = append(problems, Problem{Code: EnvelopeMalformed, Field: strconv.Itoa(n + 1)})
		default:
			if !e.line(section, line, o.zone()) {
				problems = append(problems, Problem{Code: EnvelopeMalformed, Field: section, Note: strconv.Itoa(n + 1)})
			}
		}
		if len(problems) == 100 {
			break
		}
	}
	if len(e.To) == 0 {
		problems = append(problems, Problem{Code: EnvelopeAddressee, Field: addresseeSection})
	}
	return e, problems.orNil()
}

// envelopeText tells the encoding: a text that is valid UTF-8 beyond ASCII cannot be windows-1251 by chance.
func envelopeText(data []byte) string {
	if text, ok := bytes.CutPrefix(data, []byte("\ufeff")); ok {
		data = text
	}
	if utf8.Valid(data) {
		return string(data)
	}
	text, err := charmap.Windows1251.NewDecoder().Bytes(data)
	if err != nil { // windows-1251 has a character for every byte
		return strings.ToValidUTF8(string(data), "\ufffd")
	}
	return string(text)
}

// line takes one "key=value".
func (e *Envelope) line(section, line string, zone *time.Location) bool {
	name, value, _ := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	key := strings.ToUpper(name)
	switch section {
	case addresseeSection:
		if value != "" {
			e.To = append(e.To, value)
		}
		return len(e.To) <= maxEnvelopeList
	case fileSection:
		if name := value[strings.LastIndexAny(value, `/\`)+1:]; name != "" {
			e.Files = append(e.Files, name)
		}
		return len(e.Files) <= maxEnvelopeList
	case textSection:
		if key == "ФАЙЛ" {
			e.Text = value[strings.LastIndexAny(value, `/\`)+1:]
		}
		return true
	case letterSection:
		return e.letter(key, name, value, zone)
	}
	return true // sections of other products
}

func (e *Envelope) letter(key, name, value string, zone *time.Location) bool {
	if flag := e.flag(key); flag != nil {
		*flag = value == "1"
		return value == "1" || value == "0" || value == ""
	}
	switch key {
	case "ТЕМА":
		e.Subject = value
	case "ДАТА":
		if value == "" {
			return true
		}
		t, err := time.ParseInLocation(envelopeTime, value, zone)
		if err != nil {
			t, err = time.ParseInLocation("02.01.2006", value, zone)
		}
		if err != nil {
			return false
		}
		e.Date = t.UTC()
	default:
		if value != "" {
			e.Extras = append(e.Extras, name+"="+value)
		}
		return len(e.Extras) <= maxEnvelopeList
	}
	return true
}

func (e *Envelope) flag(key string) *bool {
	switch key {
	case "АВТООТПРАВКА":
		return &e.AutoSend
	case "ШИФРОВАНИЕ":
		return &e.Encrypt
	case "ЭЦП":
		return &e.Sign
	case "ДОСТАВЛЕНО":
		return &e.Receipt
	case "ПРОЧТЕНО":
		return &e.Read
	}
	return nil
}

// EncodeEnvelope writes an envelope in windows-1251, with the ends of lines that Windows has. Unfit says what it cannot:
// line ends in a value, and no addressee. A character that windows-1251 does not know becomes a question mark, and its field
// stands in Lost.
func EncodeEnvelope(e *Envelope, o Options) ([]byte, Losses) {
	w := envelopeWriter{}
	w.section(letterSection)
	w.pair("ТЕМА", e.Subject)
	for _, key := range []string{"АВТООТПРАВКА", "ШИФРОВАНИЕ", "ЭЦП", "ДОСТАВЛЕНО", "ПРОЧТЕНО"} {
		w.pair(key, map[bool]string{true: "1", false: "0"}[*e.flag(key)])
	}
	if !e.Date.IsZero() {
		w.pair("ДАТА", e.Date.In(o.zone()).Format(envelopeTime))
	}
	for _, line := range e.Extras {
		if key, value, ok := strings.Cut(line, "="); ok {
			w.pair(key, value)
		}
	}
	w.list(addresseeSection, e.To)
	w.list(fileSection, e.Files)
	if e.Text != "" {
		w.section(textSection)
		w.pair("ФАЙЛ", e.Text)
	}
	if len(e.To) == 0 {
		w.losses.Unfit = append(w.losses.Unfit, Problem{Code: EnvelopeAddressee, Field: addresseeSection})
	}
	return w.out, w.losses
}

type envelopeWriter struct {
	out    []byte
	losses Losses
}

func (w *envelopeWriter) section(name string) { w.write("["+name+"]\r\n", name) }

func (w *envelopeWriter) list(section string, values []string) {
	w.section(section)
	for i, v := range values {
		w.pair(strconv.Itoa(i), v)
	}
}

// pair writes a value that says something. What would begin another line is made a blank.
func (w *envelopeWriter) pair(key, value string) {
	flat := strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	if flat != value || strings.TrimSpace(value) != value {
		w.losses.Lost = append(w.losses.Lost, key)
	}
	if flat != "" {
		w.write(key+"="+flat+"\r\n", key)
	}
}

func (w *envelopeWriter) write(line, field string) {
	for _, r := range line {
		b, ok := charmap.Windows1251.EncodeRune(r)
		if !ok {
			b = '?'
			w.losses.Lost = append(w.losses.Lost, field)
		}
		w.out = append(w.out, b)
	}
	w.losses.Lost = tidy(w.losses.Lost)
}
