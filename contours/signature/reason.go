package signature

// Reason is a stable code that says why a signature is not valid. Codes go into receipts and records and do not
// change their meaning.
type Reason string

const (
	SignatureInvalid Reason = "SIG-21" // signature wrong, or of another file
	SignatureMissing Reason = "SIG-22" // no signature at all: given by those who expected one
	Untrusted        Reason = "SIG-23" // certificate not trusted, expired, not yet valid, or not for signing
	Malformed        Reason = "SIG-24" // not a detached CMS message of the profile
	AlgorithmRefused Reason = "SIG-25" // algorithm, parameters or key not allowed or not known
	ChainIncomplete  Reason = "SIG-26" // the issuer's certificate is missing: undeterminable
	RevocationOpen   Reason = "SIG-30" // whether the certificate was revoked is not known, and policy minds
)

// Fields at fault that have a text of their own.
const (
	fieldNotAfter  = "certificate.notAfter"
	fieldNotBefore = "certificate.notBefore"
	fieldRoot      = "chain.root"
	fieldUsage     = "certificate.usage"
	fieldDigest    = "messageDigest"
	fieldRevoked   = "certificate.revoked"
	fieldSuspended = "certificate.suspended"
	fieldIssuer    = "chain.revoked"
	fieldUnknown   = "revocation.unknown"
	fieldStale     = "revocation.stale"
)

// Text is a text for users in both languages.
type Text struct{ RU, EN string }

// Text returns the general text of a reason.
func (r Reason) Text() Text { return textFor(r, "") }

// texts gives each reason its general text, and some fields a more telling one.
var texts = map[Reason]map[string]Text{
	SignatureInvalid: {
		"":          {"Подпись неверна: файл или подпись изменены", "Signature invalid: the file or the signature was altered"},
		fieldDigest: {"Подпись сделана под другим файлом или файл изменён", "The signature is of another file, or the file was altered"},
	},
	SignatureMissing: {
		"": {"Подпись отсутствует", "Signature missing"},
	},
	Untrusted: {
		"":             {"Нет доверия к сертификату подписи", "The signer's certificate is not trusted"},
		fieldRoot:      {"Сертификат выдан центром, к которому нет доверия", "The certificate was issued by a centre that is not trusted"},
		fieldNotAfter:  {"Срок действия сертификата подписи истёк", "The signer's certificate has expired"},
		fieldNotBefore: {"Срок действия сертификата подписи ещё не начался", "The signer's certificate is not valid yet"},
		fieldRevoked:   {"Сертификат подписи отозван", "The signer's certificate has been revoked"},
		fieldSuspended: {"Действие сертификата подписи приостановлено", "The signer's certificate is suspended"},
		fieldListed:    {"Центр сертификации не имел действующего статуса в доверенном списке на этот момент", "By the trusted list the certification centre had no valid status at that moment"},
		fieldListStale: {"Доверенный список центров устарел, нужен новый", "The trusted list of centres is out of date, a new one is needed"},
		fieldIssuer:    {"Сертификат центра, выдавшего сертификат подписи, отозван", "The certificate of the centre that issued the signer's has been revoked"},
		fieldUsage:     {"Сертификат не предназначен для подписания документов", "The certificate is not meant for signing documents"},
	},
	Malformed: {
		"": {"Подпись не соответствует формату (отсоединённая CMS, CAdES-BES)", "The signature does not follow the format (detached CMS, CAdES-BES)"},
	},
	AlgorithmRefused: {
		"": {"Алгоритм подписи неизвестен или не разрешён", "The signature algorithm is unknown or not allowed"},
	},
	ChainIncomplete: {
		"": {"Цепочка сертификатов неполна, проверить подпись нельзя", "The certificate chain is incomplete, the signature cannot be decided"},
	},
	RevocationOpen: {
		"":           {"Не удалось узнать, не отозван ли сертификат подписи", "Whether the signer's certificate has been revoked could not be found out"},
		fieldUnknown: {"Нет сведений о том, не отозван ли сертификат подписи", "Nothing is known about the revocation of the signer's certificate"},
		fieldStale:   {"Сведения об отозванных сертификатах устарели", "What is known about revoked certificates is out of date"},
	},
}

func textFor(reason Reason, field string) Text {
	if text, ok := texts[reason][field]; ok {
		return text
	}
	return texts[reason][""]
}
