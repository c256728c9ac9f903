package document

// The codes, by what they speak of.
const (
	PacketMalformed   FaultCode = "PKT-01"
	PacketConflict    FaultCode = "PKT-02"
	PacketEdition     FaultCode = "PKT-03"
	PacketKindUnknown FaultCode = "PKT-04"
	PacketSender      FaultCode = "PKT-05"
	PacketMsgID       FaultCode = "PKT-06"
	PacketNoReceiver  FaultCode = "PKT-07"
	PacketReceivers   FaultCode = "PKT-08"
	PacketTwice       FaultCode = "PKT-09"
	PacketTooLarge    FaultCode = "PKT-10"
	PacketZone        FaultCode = "PKT-11"
	PacketParts       FaultCode = "PKT-12"
	PacketText        FaultCode = "PKT-13"
	PacketUnknown     FaultCode = "PKT-14"
	PacketSettled     FaultCode = "PKT-15"
	PacketHeaders     FaultCode = "PKT-16"
	PacketPulled      FaultCode = "PKT-17"
	PacketOldFormat   FaultCode = "PKT-18"
	FaultsOmitted     FaultCode = "PKT-19"

	FormatStandard      FaultCode = "FMT-01"
	FormatReceiver      FaultCode = "FMT-11"
	FormatHeader        FaultCode = "FMT-12"
	FormatZone          FaultCode = "FMT-21"
	FormatZoneTwice     FaultCode = "FMT-22"
	FormatElement       FaultCode = "FMT-30"
	FormatNesting       FaultCode = "FMT-31"
	FormatCount         FaultCode = "FMT-32"
	FormatAttributeType FaultCode = "FMT-33"
	FormatContent       FaultCode = "FMT-34"
	FormatAttribute     FaultCode = "FMT-35"
	FormatOther         FaultCode = "FMT-99"

	DocumentKindMissing FaultCode = "DOC-01"
	DocumentKindUnknown FaultCode = "DOC-02"
	DocumentSheets      FaultCode = "DOC-03"
	DocumentNumber      FaultCode = "DOC-04"
	DocumentDate        FaultCode = "DOC-05"
	DocumentParent      FaultCode = "DOC-06"
	DocumentParentGone  FaultCode = "DOC-07"
	DocumentID          FaultCode = "DOC-08"

	FileEmpty    FaultCode = "ATT-01"
	FileTwice    FaultCode = "ATT-02"
	FileName     FaultCode = "ATT-03"
	FileDigest   FaultCode = "ATT-04"
	FileMissing  FaultCode = "ATT-05"
	FileTooLarge FaultCode = "ATT-06"
	FileMany     FaultCode = "ATT-07"
	FileInline   FaultCode = "ATT-08"
	FileNone     FaultCode = "ATT-09"

	SignatureInvalid    FaultCode = "SIG-21"
	SignatureMissing    FaultCode = "SIG-22"
	SignatureUntrusted  FaultCode = "SIG-23"
	SignatureMalformed  FaultCode = "SIG-24"
	SignatureAlgorithm  FaultCode = "SIG-25"
	SignatureChain      FaultCode = "SIG-26"
	SignatureMany       FaultCode = "SIG-27"
	SignatureEmulated   FaultCode = "SIG-28"
	SignatureLost       FaultCode = "SIG-29"
	SignatureRevocation FaultCode = "SIG-30"
	SignerFailed        FaultCode = "SIG-31"
	SignerAbsent        FaultCode = "SIG-32"

	TaskKindForbidden FaultCode = "TSK-01"
	TaskTerm          FaultCode = "TSK-02"
	TaskController    FaultCode = "TSK-03"
	TaskReport        FaultCode = "TSK-04"
	TaskNoExecutor    FaultCode = "TSK-05"
	TaskExecutor      FaultCode = "TSK-06"
	TaskTwice         FaultCode = "TSK-07"
	TaskReceiver      FaultCode = "TSK-08"
	TaskChiefs        FaultCode = "TSK-09"
	TaskErrand        FaultCode = "TSK-10"
	TaskID            FaultCode = "TSK-11"
	TaskAnswered      FaultCode = "TSK-12"
	TaskOutcome       FaultCode = "TSK-13"
	TaskUnknown       FaultCode = "TSK-14"
	TaskReason        FaultCode = "TSK-15"

	ContourUnknown      FaultCode = "CTR-01"
	ContourSuspended    FaultCode = "CTR-02"
	SenderSuspended     FaultCode = "CTR-03"
	ParticipantNoRight  FaultCode = "CTR-04"
	ParticipantUnknown  FaultCode = "CTR-05"
	TrustNone           FaultCode = "TRU-01"
	TrustKind           FaultCode = "TRU-02"
	TrustRestricted     FaultCode = "TRU-03"
	TrustSize           FaultCode = "TRU-04"
	TrustValidity       FaultCode = "TRU-05"
	TrustForbidden      FaultCode = "TRU-06"
	TrustTaskKind       FaultCode = "TRU-07"
	TrustExecutor       FaultCode = "TRU-08"
	TrustRequisite      FaultCode = "TRU-09"
	CardLocked          FaultCode = "CRD-01"
	CardVersion         FaultCode = "CRD-02"
	CardStateWrong      FaultCode = "CRD-03"
	JournalSequence     FaultCode = "JRN-01"
	JournalUnknown      FaultCode = "JRN-02"
	QuotaSeats          FaultCode = "QUO-01"
	QuotaJournals       FaultCode = "QUO-02"
	QuotaReports        FaultCode = "QUO-03"
	QuotaBytes          FaultCode = "QUO-04"
	ReportStage         FaultCode = "REP-01"
	ReportNumber        FaultCode = "REP-02"
	ReportReason        FaultCode = "REP-03"
	ReportTooMany       FaultCode = "REP-04"
	ReportIllegal       FaultCode = "REP-05"
	ExpiredUndelivered  FaultCode = "EXP-01"
	HeldTooLong         FaultCode = "EXP-02"
	RegistrationRefused FaultCode = "REG-02"
)

// Text is an entry of the catalogue: what is wrong and what to do, in both languages ({0}, {1} … stand for
// the fault's arguments), and the errorcode of SDIP for it.
type Text struct {
	RU, EN string
	SDIP   int
}

// Catalogue holds every fault that the hub tells. Do not change it at run time.
var Catalogue = map[FaultCode]Text{
	PacketMalformed:   {"пакет не разбирается: {0}", "the packet cannot be parsed: {0}", -1},
	PacketConflict:    {"под этим идентификатором уже принят пакет с другим содержанием; отправьте новый с новым идентификатором", "another packet was already accepted under this id; send the new one under a new id", 40},
	PacketEdition:     {"неизвестная редакция формата «{0}»; поддерживается «{1}»", "unknown edition of the format \"{0}\"; supported is \"{1}\"", 2},
	PacketKindUnknown: {"неизвестный вид сообщения {0}; допустимы 1–4", "unknown kind of message {0}; allowed are 1–4", 3},
	PacketSender:      {"отправитель не тот, от чьего имени открыто соединение", "the sender is not the contour that is connected", 12},
	PacketMsgID:       {"идентификатор пакета отсутствует или недопустим: 1–64 латинских букв, цифр, «-», «_»", "the packet id is missing or not allowed: 1–64 Latin letters, digits, '-', '_'", 35},
	PacketNoReceiver:  {"не указан получатель", "no receiver is named", 10},
	PacketReceivers:   {"получателей {0}, допустимо не более {1}; разделите рассылку", "{0} receivers, at most {1} are allowed; split the list", 32},
	PacketTwice:       {"получатель «{0}» указан дважды", "receiver \"{0}\" is named twice", 32},
	PacketTooLarge:    {"пакет больше допустимого: {0} из {1} байт", "the packet is too large: {0} of {1} bytes", 34},
	PacketZone:        {"нет обязательной зоны «{0}» для этого вида сообщения", "zone \"{0}\", mandatory for this kind of message, is missing", 20},
	PacketParts:       {"слишком много частей: {0}, допустимо {1}", "too many parts: {0}, allowed {1}", 32},
	PacketText:        {"текст длиннее {0} знаков, не UTF-8 или содержит управляющие знаки", "the text is longer than {0} characters, is not UTF-8 or has control characters", 34},
	PacketUnknown:     {"такого пакета нет", "there is no such packet", 40},
	PacketSettled:     {"пакет уже {0}; это действие больше невозможно", "the packet is already {0}; this can no longer be done", 40},
	PacketHeaders:     {"посторонние служебные заголовки шины: {0}", "foreign bus headers: {0}", 30},
	PacketPulled:      {"получатель сейчас забирает пакет; повторите позже", "the receiver is fetching the packet right now; try again later", 40},
	PacketOldFormat:   {"пакет собран в устаревшем формате «{0}»", "the packet is built in an old format \"{0}\"", 2},
	FaultsOmitted:     {"и ещё ошибок: {0}; исправьте названные и отправьте снова", "and {0} more faults; correct those named and send again", 32},

	FormatStandard:      {"сообщение не того стандарта: «{0}»", "the message is of another standard: \"{0}\"", 1},
	FormatReceiver:      {"получатель «{0}» обслуживается не здесь", "receiver \"{0}\" is not served here", 11},
	FormatHeader:        {"в заголовке нет обязательного атрибута «{0}»", "the header lacks the mandatory attribute \"{0}\"", 12},
	FormatZone:          {"неизвестная зона «{0}»", "unknown zone \"{0}\"", 21},
	FormatZoneTwice:     {"зона «{0}» повторяется", "zone \"{0}\" comes more than once", 22},
	FormatElement:       {"недопустимый элемент «{0}»", "element \"{0}\" does not belong to the format", 30},
	FormatNesting:       {"элемент «{0}» стоит не на своём месте", "element \"{0}\" stands in a wrong place", 31},
	FormatCount:         {"элементов «{0}» {1}, а должно быть не {2}", "element \"{0}\" comes {1} times; the limit is {2}", 32},
	FormatAttributeType: {"недопустимое значение атрибута «{0}»", "attribute \"{0}\" has a value that is not allowed", 33},
	FormatContent:       {"недопустимое содержание элемента «{0}»", "element \"{0}\" has a content that is not allowed", 34},
	FormatAttribute:     {"нет обязательного атрибута «{0}»", "the mandatory attribute \"{0}\" is missing", 35},
	FormatOther:         {"другая ошибка, код {0}", "another fault, code {0}", 34},

	DocumentKindMissing: {"не указан вид документа", "the kind of document is missing", 35},
	DocumentKindUnknown: {"вида документа «{0}» нет в справочнике видов, допущенных к обмену", "the kind of document \"{0}\" is not in the directory of kinds permitted for exchange", 34},
	DocumentSheets:      {"не указано количество листов (целое число от 1 до 100000)", "the number of sheets is missing (a whole number from 1 to 100000)", 35},
	DocumentNumber:      {"не указан регистрационный номер документа", "the document's registration number is missing", 35},
	DocumentDate:        {"не указана или недопустима дата регистрации документа", "the document's registration date is missing or not a date", 35},
	DocumentParent:      {"в ответе не указано, на что он", "the answer does not say what it answers", 20},
	DocumentParentGone:  {"исходный пакет «{0}» не найден или адресован не вам", "the packet \"{0}\" that is answered is unknown or was not addressed to you", 40},
	DocumentID:          {"не указан идентификатор документа у отправителя", "the sender's identifier of the document is missing", 35},

	FileEmpty:    {"файл пуст", "the file is empty", 34},
	FileTwice:    {"два файла с одним именем «{0}»", "two files have the name \"{0}\"", 32},
	FileName:     {"недопустимое имя файла: без путей и управляющих знаков, не длиннее 255 знаков", "the file name is not allowed: no paths or control characters, at most 255 characters", 34},
	FileDigest:   {"содержание файла не совпадает с объявленным размером или SHA-256", "the file's content differs from the declared size or SHA-256", 34},
	FileMissing:  {"файл не загружен этим контуром; сначала загрузите его", "this contour has not uploaded the file; upload it first", -21},
	FileTooLarge: {"файл больше допустимого: {0} из {1} байт", "the file is too large: {0} of {1} bytes", 34},
	FileMany:     {"файлов {0}, допустимо {1}", "{0} files, allowed are {1}", 32},
	FileInline:   {"файл больше {0} байт должен быть загружен отдельно", "a file of more than {0} bytes has to be uploaded separately", 34},
	FileNone:     {"нет ни одного файла документа", "the document has no file", 32},

	SignatureInvalid:    {"подпись неверна или сделана под другим файлом", "the signature is invalid or belongs to another file", -21},
	SignatureMissing:    {"файл не подписан", "the file is not signed", -22},
	SignatureUntrusted:  {"сертификат подписи не действует или ему нет доверия", "the signer's certificate is not valid or not trusted", -23},
	SignatureMalformed:  {"подпись не разбирается как CMS", "the signature cannot be parsed as CMS", -21},
	SignatureAlgorithm:  {"алгоритм подписи не разрешён", "the signature algorithm is not allowed", -21},
	SignatureChain:      {"цепочку сертификатов пока нельзя проверить", "the chain of certificates cannot be checked yet", -23},
	SignatureMany:       {"подписей {0}, допустимо от 1 до {1}", "{0} signatures, allowed are 1 to {1}", 32},
	SignatureEmulated:   {"подпись эмулятора ЭЦП не разрешена правилом этой пары контуров", "a signature of the emulator is not allowed by the rule of this pair of contours", -23},
	SignatureLost:       {"в ответе на задачу «Подписание» файл должен вернуться без изменений и с подписью исполнителя", "the answer to a signing task must repeat the file unchanged, with the executor's signature", -22},
	SignatureRevocation: {"не удалось узнать, не отозван ли сертификат подписи", "whether the signer's certificate has been revoked could not be found out", -23},
	SignerFailed:        {"ключ, названный в настройках хаба, не подписал; ничего не изменилось, повторите позже или обратитесь к оператору хаба", "the key that the hub's configuration names did not sign; nothing has changed, try again later or ask the hub's operator", -21},
	SignerAbsent:        {"у этого хаба нет ключа, которым он подписывает квитанции", "this hub has no key that it signs receipts with", -22},

	TaskKindForbidden: {"задача вида «{0}» с признаком «СМДО» невозможна: только «Подписание» и «Для информации»", "a task of kind \"{0}\" cannot be marked «СМДО»: only signing and information can", 34},
	TaskTerm:          {"у задачи СМДО не бывает срока", "an СМДО task has no term", 30},
	TaskController:    {"у задачи СМДО не бывает контролёра", "an СМДО task has no controller", 30},
	TaskReport:        {"у задачи СМДО не бывает отчёта", "an СМДО task has no report", 30},
	TaskNoExecutor:    {"не указан исполнитель", "no executor is named", 32},
	TaskExecutor:      {"«{0}» не участник обмена контура «{1}»", "\"{0}\" is no participant of contour \"{1}\"", 34},
	TaskTwice:         {"идентификатор задачи «{0}» повторяется", "the task id \"{0}\" is used twice", 32},
	TaskReceiver:      {"исполнитель из контура «{0}», которого нет среди получателей", "the executor's contour \"{0}\" is not among the receivers", 34},
	TaskChiefs:        {"ответственных исполнителей больше одного", "more than one executor is responsible", 32},
	TaskErrand:        {"у поручения должны быть срок и контролёр", "an errand needs a term and a controller", 35},
	TaskID:            {"идентификатор задачи отсутствует или недопустим", "the task id is missing or not allowed", 35},
	TaskAnswered:      {"на задачу уже дан ответ", "the task is already answered", 40},
	TaskOutcome:       {"результат «{0}» не подходит задаче вида «{1}»", "the outcome \"{0}\" does not suit a task of kind \"{1}\"", 34},
	TaskUnknown:       {"такой задачи нет или она не ваша", "there is no such task, or it is not yours", 40},
	TaskReason:        {"не указана причина отказа", "the reason for declining is missing", 35},

	ContourUnknown:     {"контура «{0}» нет среди абонентов", "there is no subscriber contour \"{0}\"", 11},
	ContourSuspended:   {"доступ контура «{0}» приостановлен", "the access of contour \"{0}\" is suspended", 11},
	SenderSuspended:    {"доступ вашего контура приостановлен; обратитесь к оператору", "your contour's access is suspended; ask the operator", 11},
	ParticipantNoRight: {"у пользователя «{0}» нет права создавать задачи СМДО", "user \"{0}\" has no right to create tasks across contours", 34},
	ParticipantUnknown: {"«{0}» не участник обмена вашего контура", "\"{0}\" is no participant of your contour", 34},
	TrustNone:          {"контур «{0}» не входит в доверенные контуры контура «{1}»", "contour \"{0}\" is not trusted by contour \"{1}\"", 11},
	TrustKind:          {"документы вида «{0}» этой паре контуров не разрешены", "documents of kind \"{0}\" are not allowed between these contours", 34},
	TrustRestricted:    {"документы ограниченного распространения этой паре контуров не разрешены", "restricted documents are not allowed between these contours", 34},
	TrustSize:          {"пакет больше разрешённого этой паре контуров: {0} из {1} байт", "the packet is larger than these contours may exchange: {0} of {1} bytes", 34},
	TrustValidity:      {"правило доверия не действует: срок {0} – {1}", "the trust rule is not in force: it runs {0} – {1}", 11},
	TrustForbidden:     {"запрещено правилом «{0}»", "forbidden by rule \"{0}\"", 11},
	TrustTaskKind:      {"задачи вида «{0}» этой паре контуров не разрешены", "tasks of kind \"{0}\" are not allowed between these contours", 34},
	TrustExecutor:      {"правило пары не разрешает исполнителя «{0}»", "the pair's rule does not allow executor \"{0}\"", 34},
	TrustRequisite:     {"этой паре контуров обязателен реквизит «{0}»", "between these contours the requisite \"{0}\" is mandatory", 35},

	CardLocked:      {"карточка отправлена и больше не изменяется", "the card was sent and can no longer be changed", 40},
	CardVersion:     {"карточку изменил кто-то другой; прочтите её снова", "somebody else changed the card; read it again", 40},
	CardStateWrong:  {"карточка в состоянии «{0}»; это действие для неё невозможно", "the card is \"{0}\"; this cannot be done with it", 40},
	JournalSequence: {"в шаблоне номера журнала нет {seq}", "the journal's number template has no {seq}", 34},
	JournalUnknown:  {"журнала «{0}» нет в этом контуре", "the contour has no journal \"{0}\"", 34},

	QuotaSeats:    {"участников {0}, конфигурация «{1}» допускает {2}", "{0} participants, configuration \"{1}\" allows {2}", 34},
	QuotaJournals: {"журналов {0}, конфигурация «{1}» допускает {2}", "{0} journals, configuration \"{1}\" allows {2}", 34},
	QuotaReports:  {"форм отчётов {0}, конфигурация «{1}» допускает {2}", "{0} report forms, configuration \"{1}\" allows {2}", 34},
	QuotaBytes:    {"на хранении было бы {0} байт, конфигурация «{1}» контура допускает {2}", "{0} bytes would be stored, the contour's configuration \"{1}\" allows {2}", 34},

	ReportStage:   {"сообщить можно о доставке (1), регистрации (2) или своё сообщение (4)", "what can be reported is delivery (1), registration (2) or a note of your own (4)", 3},
	ReportNumber:  {"при регистрации нужны номер и дата", "a registration needs its number and date", 35},
	ReportReason:  {"при отказе нужна причина", "a refusal needs its reason", 35},
	ReportTooMany: {"слишком много сообщений о ещё не пришедших пакетах: {0}", "too many reports about packets that have not come yet: {0}", 32},
	ReportIllegal: {"из состояния «{0}» такой шаг невозможен; сообщение сохранено", "this step is impossible from state \"{0}\"; the report is kept", 40},

	ExpiredUndelivered:  {"не доставлено за {0}", "not delivered within {0}", 10},
	HeldTooLong:         {"не удалось проверить за {0}", "could not be checked within {0}", -23},
	RegistrationRefused: {"в регистрации отказано", "registration was refused", 2},
}
