package tsl

import (
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// Namespaces of extensions (TS 119 612, 5.5.9).
const (
	spaceQualifications = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
	spaceAdditional     = "http://uri.etsi.org/02231/v2/additionaltypes#"
)

// known are extensions that may be critical: they say more about a service, and take nothing away from its key.
var known = []xmldsig.Name{
	element("AdditionalServiceInformation"), element("ExpiredCertsRevocationInfo"),
	{Space: spaceQualifications, Local: "Qualifications"}, {Space: spaceAdditional, Local: "TakenOverBy"},
}

// extensionsAllow reports whether extensions leave a service that may be relied on: no critical one is unknown, and an
// issuing service that says for what it is says signatures or seals.
func extensionsAllow(extensions *xmldsig.Element, kind signature.ServiceKind) bool {
	if extensions == nil {
		return true
	}
	stated, persons := false, false
	for _, extension := range extensions.Elements() {
		for _, content := range extension.Elements() {
			critical, _ := extension.Attribute(xmldsig.Name{Local: "Critical"})
			if (critical == "true" || critical == "1") && !slices.Contains(known, content.Name) {
				return false
			}
			if content.Name != element("AdditionalServiceInformation") {
				continue
			}
			switch text(only(content, "URI")) { // 5.5.9.4
			case prefix + "TrustedList/SvcInfoExt/ForeSignatures", prefix + "TrustedList/SvcInfoExt/ForeSeals":
				stated, persons = true, true
			case prefix + "TrustedList/SvcInfoExt/ForWebSiteAuthentication":
				stated = true
			}
		}
	}
	return kind != signature.IssuingService || !stated || persons
}
