package document

// Lang is the language of a text for people. The zero value is Russian.
type Lang string

// The languages of the hub.
const (
	Russian Lang = "ru"
	English Lang = "en"
)

// Pick returns the text in l.
func (l Lang) Pick(ru, en string) string {
	if l == English {
		return en
	}
	return ru
}
