// Package tsl reads signed trusted lists (доверенный список, Trusted List; ETSI TS 119 612).
//
// A supervisor of trust services, as a state's ministry or the European Union, publishes which certification centres
// and time-stamping authorities it watches: an XML document that names every service, its kind, its certificates, its
// status and the statuses before. The list is signed by the supervisor, has a number that grows, and says when the
// next one comes. Who relies on such lists need not gather roots one by one, and learns of a centre that lost its
// accreditation without waiting for anybody to remove a file.
//
// [Reader] makes the function that a trust store is given (signature.Lists). It believes a list only when its one
// enveloped signature covers the whole document and was made with a certificate that the deployment names: a list is
// never a reason to believe in another list, so that pointers from list to list are not followed.
//
// Read are services of the kinds CA/QC and NationalRootCA-QC, and TSA with its variants. Other kinds (OCSP, CRL, CA/PKC,
// archives, …) are passed over. Of a service that is for web sites alone no person's signature is believed.
// A status counts as granted where its name is one of granted, recognisedatnationallevel, undersupervision,
// supervisionincessation, accredited and setbynationallaw; under every other name, known or not, it does not.
// A service with an extension that is critical and not known here is not relied on.
//
// TODO(tsl): Qualifications, which tell certificates of one service apart, are not applied; nor is TakenOverBy.
package tsl
