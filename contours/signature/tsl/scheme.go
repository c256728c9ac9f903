package tsl

import (
	"strconv"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// readList reads a whole list (TS 119 612, 5.2).
func readList(root *xmldsig.Element) (*signature.TrustList, error) {
	scheme := only(root, "SchemeInformation")
	if scheme == nil {
		return nil, malformed("SchemeInformation is missing, or not unique")
	}
	list, err := readScheme(scheme)
	if err != nil {
		return nil, err
	}
	providers := only(root, "TrustServiceProviderList")
	if providers == nil {
		return list, nil // 5.3.17: nobody is listed
	}
	for _, provider := range providers.Elements() {
		if provider.Name != element("TrustServiceProvider") {
			return nil, malformed("%s among providers", provider.Local)
		}
		services, err := readProvider(provider)
		if err != nil {
			return nil, err
		}
		if list.Services = append(list.Services, services...); len(list.Services) > maxServices {
			return nil, malformed("more than %d services", maxServices)
		}
	}
	return list, nil
}

// readScheme: TS 119 612, 5.3. Versions 4 to 6 agree in all that is read here.
func readScheme(scheme *xmldsig.Element) (*signature.TrustList, error) {
	version, err := number(scheme, "TSLVersionIdentifier")
	if err != nil || version < 4 || version > 6 {
		return nil, malformed("TSLVersionIdentifier: want 4, 5 or 6")
	}
	list := new(signature.TrustList)
	if list.Sequence, err = number(scheme, "TSLSequenceNumber"); err != nil || list.Sequence == 0 {
		return nil, malformed("TSLSequenceNumber: want a number from 1")
	}
	if list.Issued, err = instant(only(scheme, "ListIssueDateTime")); err != nil {
		return nil, err
	}
	next := only(scheme, "NextUpdate")
	if next == nil {
		return nil, malformed("NextUpdate is missing, or not unique")
	}
	if len(next.Elements()) > 0 { // 5.3.15: an empty one closes the list for ever
		if list.NextUpdate, err = instant(only(next, "dateTime")); err != nil {
			return nil, err
		}
		if !list.NextUpdate.After(list.Issued) {
			return nil, malformed("NextUpdate is not after ListIssueDateTime")
		}
	}
	territory, kind := text(only(scheme, "SchemeTerritory")), text(only(scheme, "TSLType"))
	operator := nameIn(only(scheme, "SchemeOperatorName"))
	if operator == "" || kind == "" {
		return nil, malformed("SchemeOperatorName or TSLType is missing")
	}
	list.Scheme = strings.TrimSpace(territory + " " + operator + " " + kind[strings.LastIndexByte(kind, '/')+1:])
	return list, nil
}

// only returns the one child element of the lists' namespace with a name; nil when there is none or more.
func only(e *xmldsig.Element, local string) (found *xmldsig.Element) {
	if e == nil {
		return nil
	}
	for _, child := range e.Elements() {
		if child.Name != element(local) {
			continue
		}
		if found != nil {
			return nil
		}
		found = child
	}
	return found
}

// text is an element's text without blanks around it, cut to a length; nil has none.
func text(e *xmldsig.Element) string {
	if e == nil {
		return ""
	}
	t := strings.TrimSpace(e.Text())
	if len(t) > maxText {
		t = strings.ToValidUTF8(t[:maxText], "")
	}
	return t
}

// nameIn is the first of an element's names, each in a language of its own.
func nameIn(e *xmldsig.Element) string {
	if e == nil {
		return ""
	}
	for _, child := range e.Elements() {
		if child.Name == element("Name") {
			return text(child)
		}
	}
	return ""
}

func number(e *xmldsig.Element, local string) (uint64, error) {
	return strconv.ParseUint(text(only(e, local)), 10, 63)
}

// instant: TS 119 612, 5.1.4: in UTC, with the letter Z.
func instant(e *xmldsig.Element) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text(e))
	if err != nil {
		return t, malformed("a moment is missing, not unique or not a moment: %q", text(e))
	}
	return t.UTC(), nil
}
