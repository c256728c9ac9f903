package tsl

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

const prefix = "http://uri.etsi.org/TrstSvc/"

// kinds of services that are read (TS 119 612, 5.5.1).
var kinds = map[string]signature.ServiceKind{
	prefix + "Svctype/CA/QC":                         signature.IssuingService,
	prefix + "Svctype/NationalRootCA-QC":             signature.IssuingService,
	prefix + "Svctype/TSA":                           signature.StampingService,
	prefix + "Svctype/TSA/QTST":                      signature.StampingService,
	prefix + "Svctype/TSA/TSS-QC":                    signature.StampingService,
	prefix + "Svctype/TSA/TSS-AdESQCandQES":          signature.StampingService,
	"http://uri.etsi.org/TrstSvd/Svctype/TSA/TSS-QC": signature.StampingService, // a misprint of the standard that lists follow
}

// granting are statuses by which a service may be relied on (TS 119 612, 5.5.4 and annex D.5.6).
var granting = []string{"granted", "recognisedatnationallevel", "undersupervision", "supervisionincessation", "accredited", "setbynationallaw"}

// statusPrefixes come before the name of a status; the second one is of lists from before 2016, in history.
var statusPrefixes = []string{prefix + "TrustedList/Svcstatus/", prefix + "eSigDir-1999-93-EC-TrustedList/Svcstatus/", prefix + "Svcstatus/"}

func readProvider(provider *xmldsig.Element) (all []signature.TrustService, _ error) {
	name := nameIn(only(only(provider, "TSPInformation"), "TSPName"))
	services := only(provider, "TSPServices")
	if services == nil {
		return nil, malformed("TSPServices is missing, or not unique")
	}
	for _, e := range services.Elements() {
		if e.Name != element("TSPService") {
			return nil, malformed("%s among services", e.Local)
		}
		service, err := readService(e)
		if err != nil {
			return nil, err
		}
		if service == nil {
			continue
		}
		service.Provider = name
		all = append(all, *service)
	}
	return all, nil
}

// readService returns nil for a service of a kind that is passed over.
func readService(e *xmldsig.Element) (*signature.TrustService, error) {
	information := only(e, "ServiceInformation")
	if information == nil {
		return nil, malformed("ServiceInformation is missing, or not unique")
	}
	kind, read := kinds[text(only(information, "ServiceTypeIdentifier"))]
	if !read {
		return nil, nil
	}
	service := &signature.TrustService{Kind: kind, Name: nameIn(only(information, "ServiceName"))}
	var err error
	if service.Certificates, err = readIdentity(only(information, "ServiceDigitalIdentity")); err != nil {
		return nil, err
	}
	instances := []*xmldsig.Element{information}
	if history := only(e, "ServiceHistory"); history != nil {
		for _, instance := range history.Elements() {
			if instance.Name != element("ServiceHistoryInstance") {
				return nil, malformed("%s in a history", instance.Local)
			}
			instances = append(instances, instance)
		}
	}
	if len(instances) > maxStatuses {
		return nil, malformed("more than %d statuses of a service", maxStatuses)
	}
	for _, instance := range instances {
		status, err := readStatus(instance, kind)
		if err != nil {
			return nil, err
		}
		service.Statuses = append(service.Statuses, status)
	}
	// The current status is not a matter of sorting: history that claims to be later than it is no history.
	if current := service.Statuses[0].From; slices.ContainsFunc(service.Statuses[1:], func(s signature.ServiceStatus) bool { return s.From.After(current) }) {
		return nil, malformed("a history that is later than the present status")
	}
	slices.SortStableFunc(service.Statuses[1:], func(a, b signature.ServiceStatus) int { return b.From.Compare(a.From) })
	return service, nil
}

// readIdentity: TS 119 612, 5.5.3: one or more representations of one key; certificates are what is used.
func readIdentity(e *xmldsig.Element) (all []*x509.Certificate, _ error) {
	if e == nil {
		return nil, malformed("ServiceDigitalIdentity is missing, or not unique")
	}
	for _, id := range e.Elements() {
		for _, form := range id.Elements() {
			if id.Name != element("DigitalId") || form.Name != element("X509Certificate") {
				continue
			}
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(form.Text()), ""))
			if err != nil || len(all) == maxCertificates {
				return nil, malformed("X509Certificate: not base64, or too many")
			}
			if c, err := x509.ParseCertificate(der); err == nil {
				all = append(all, c) // of one that cannot be read nobody's chain will be made
			}
		}
	}
	return all, nil
}

// readStatus reads the present status or one of history: a service may have been of another kind then.
func readStatus(e *xmldsig.Element, kind signature.ServiceKind) (s signature.ServiceStatus, err error) {
	if s.From, err = instant(only(e, "StatusStartingTime")); err != nil {
		return s, err
	}
	uri := text(only(e, "ServiceStatus"))
	if uri == "" {
		return s, malformed("ServiceStatus is missing, or not unique")
	}
	s.Name = uri
	for _, p := range statusPrefixes {
		if name, ok := strings.CutPrefix(uri, p); ok {
			s.Name = name
			s.Granted = slices.Contains(granting, name)
		}
	}
	s.Granted = s.Granted && kinds[text(only(e, "ServiceTypeIdentifier"))] == kind && extensionsAllow(only(e, "ServiceInformationExtensions"), kind)
	return s, nil
}
