package contours

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Problem is one thing that is wrong with a contours file, and where.
type Problem struct {
	Line   int    // from 1
	Column int    // from 1, in characters
	Path   string // "contours[3].journals[0].template"; empty for the file as a whole
	Code   document.FaultCode
	Args   []string
}

// Text says in l what is wrong and what to do.
func (p Problem) Text(l document.Lang) string {
	if t, ours := problemText[p.Code]; ours {
		return fill(l.Pick(t.RU, t.EN), p.words(l)...)
	}
	f := document.NewFault(p.Code, p.Path, p.Args...)
	return f.Text(l)
}

// words are the arguments; types of values are called in Russian by their Russian names.
func (p Problem) words(l document.Lang) []string {
	if p.Code != FieldType || l == document.English {
		return p.Args
	}
	names := map[string]string{
		"array": "список", "object": "набор полей", "string": "текст", "number": "число", "integer": "целое число",
		"boolean": "true или false", "null": "пусто",
	}
	words := make([]string, len(p.Args))
	for i, a := range p.Args {
		words[i] = names[a]
	}
	return words
}

// Describe is a line for a person: where, which code, what.
func (p Problem) Describe(l document.Lang) string {
	path := p.Path
	if path == "" {
		path = "."
	}
	return fmt.Sprintf("%d:%d %s %s: %s", p.Line, p.Column, p.Code, path, p.Text(l))
}

// Problems is everything that is wrong with a file, in the order of its lines. Nil means: nothing is.
type Problems []Problem

// Error lists the problems in English, a line each.
func (p Problems) Error() string { return p.Describe(document.English) }

// Describe lists the problems in l, a line each.
func (p Problems) Describe(l document.Lang) string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Describe(l)
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), slices.Compare(a.Args, b.Args))
	})
}

// The codes of problems that only a contours file can have. Codes are never renumbered and never reused.
const (
	FileSyntax       document.FaultCode = "CFG-01"
	FileTooLarge     document.FaultCode = "CFG-02"
	FileForm         document.FaultCode = "CFG-03"
	FileKeyTwice     document.FaultCode = "CFG-04"
	FieldMissing     document.FaultCode = "CFG-10"
	FieldUnknown     document.FaultCode = "CFG-11"
	FieldType        document.FaultCode = "CFG-12"
	FieldChoice      document.FaultCode = "CFG-13"
	FieldForm        document.FaultCode = "CFG-14"
	FieldRange       document.FaultCode = "CFG-15"
	FieldTwice       document.FaultCode = "CFG-16"
	FieldUnquoted    document.FaultCode = "CFG-17"
	CodeTwice        document.FaultCode = "CFG-20"
	ReferenceUnknown document.FaultCode = "CFG-21"
	PairTwice        document.FaultCode = "CFG-22"
	PairSelf         document.FaultCode = "CFG-23"
	ValidityReversed document.FaultCode = "CFG-24"
	ZoneUnknown      document.FaultCode = "CFG-25"
	PolicyInvalid    document.FaultCode = "CFG-26"
	JournalMissing   document.FaultCode = "CFG-27"
	RightMissing     document.FaultCode = "CFG-28"
	IndexMissing     document.FaultCode = "CFG-29"
	SeatsUnlimited   document.FaultCode = "CFG-30"
	KindUnlisted     document.FaultCode = "CFG-31"
	CaseFailed       document.FaultCode = "CFG-32" // told by who runs the cases, not by Parse
)

var problemText = map[document.FaultCode]document.Text{
	FileSyntax:       {RU: "файл не разбирается как YAML: {0}", EN: "the file cannot be parsed as YAML: {0}"},
	FileTooLarge:     {RU: "файл слишком велик или глубок: {0}, допустимо {1}", EN: "the file is too large or too deep: {0}, allowed is {1}"},
	FileForm:         {RU: "«{0}» здесь не используется: якоря, ссылки, слияния, метки и составные ключи скрывают, что написано", EN: "\"{0}\" is not used here: anchors, aliases, merges, tags and complex keys hide what is written"},
	FileKeyTwice:     {RU: "ключ «{0}» повторяется", EN: "key \"{0}\" is repeated"},
	FieldMissing:     {RU: "нет обязательного поля «{0}»", EN: "the mandatory field \"{0}\" is missing"},
	FieldUnknown:     {RU: "неизвестное поле «{0}»", EN: "unknown field \"{0}\""},
	FieldType:        {RU: "ожидается {1}, а указано: {0}", EN: "want {1}, got {0}"},
	FieldChoice:      {RU: "«{0}» недопустимо; можно: {1}", EN: "\"{0}\" is not allowed; one of: {1}"},
	FieldForm:        {RU: "«{0}» не той формы; пример: {1}", EN: "\"{0}\" has not the right form; an example: {1}"},
	FieldRange:       {RU: "{0}: допустимо {1}", EN: "{0}: allowed is {1}"},
	FieldUnquoted:    {RU: "ожидается текст; число возьмите в кавычки", EN: "want a string; put the number in quotes"},
	FieldTwice:       {RU: "значение «{0}» повторяется", EN: "value \"{0}\" is repeated"},
	CodeTwice:        {RU: "код «{0}» уже занят в строке {1}", EN: "code \"{0}\" is already used in line {1}"},
	ReferenceUnknown: {RU: "«{0}» нигде в файле не описан", EN: "\"{0}\" is described nowhere in the file"},
	PairTwice:        {RU: "для пары «{0}» уже есть правило в строке {1}", EN: "pair \"{0}\" already has a rule in line {1}"},
	PairSelf:         {RU: "контур «{0}» не обменивается сам с собой", EN: "contour \"{0}\" does not exchange with itself"},
	ValidityReversed: {RU: "правило кончается {1}, раньше чем начинается {0}", EN: "the rule ends on {1}, before it begins on {0}"},
	ZoneUnknown:      {RU: "неизвестный часовой пояс «{0}»; пример: Europe/Minsk", EN: "unknown time zone \"{0}\"; an example: Europe/Minsk"},
	PolicyInvalid:    {RU: "политика «{0}» недопустима: {1}", EN: "policy \"{0}\" is not valid: {1}"},
	JournalMissing:   {RU: "контуру «{0}» с доставкой hosted нужен журнал вида {1}: в него могут прийти документы", EN: "contour \"{0}\" with hosted delivery needs a journal of kind {1}: documents may come into it"},
	RightMissing:     {RU: "у участника «{0}» нет права {1}", EN: "participant \"{0}\" has no right {1}"},
	IndexMissing:     {RU: "в шаблоне номера есть {index}, а индекса у журнала нет", EN: "the number template has {index}, but the journal has no index"},
	SeatsUnlimited:   {RU: "у конфигурации «{0}» нет предела участников; уберите seats", EN: "configuration \"{0}\" has no limit of participants; remove seats"},
	CaseFailed:       {RU: "случай «{0}» по этим правилам решается не так, как в нём ожидается", EN: "the case \"{0}\" is not decided by these rules as it expects"},
	KindUnlisted:     {RU: "вида документа «{0}» нет в справочнике kinds", EN: "the kind of document \"{0}\" is not in the directory kinds"},
}
