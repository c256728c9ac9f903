package document

// Party is an organisation with its officials, or a private person: exactly one of the two is set.
type Party struct {
	Organization *Organization
	Person       *Person
}

// Organization is a legal entity as written on a document (SDIP Organization, OrganizationWithSign).
type Organization struct {
	Text      string // organization_string
	FullName  string
	ShortName string
	Ownership string
	Address   *Address
	Contacts  []Contact
	Officials []Person
}

// Person is an official or a private person as written on a document (SDIP OfficialPerson,
// PrivatePerson and their forms with a day of signing).
type Person struct {
	Name        string
	LastName    string // @secname
	FirstName   string
	FathersName string
	Posts       []Post
	Ranks       []string
	Address     *Address
	Contacts    []Contact
	SignDate    Date
}

// Post is an official's position (SDIP Official).
type Post struct {
	Text       string
	Department string
	Post       string
	Separator  string
}

// Contact is a means to reach somebody (SDIP Econtact/@type: 0 other, 1 work phone, 2 home, 3 mobile,
// 4 fax, 5 e-mail, 6 site).
type Contact struct {
	Type int
	Text string
}

// Address is a postal address.
type Address struct {
	Text       string
	Street     string
	House      string
	Building   string
	Flat       string
	Settlement string
	District   string
	Region     string
	Country    string
	PostCode   string
	PostBox    string
	NonTypical string
}
