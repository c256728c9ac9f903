package medo

import "github.com/smdo-hub/smdo-hub/schemas/document"

// Text says what the code means.
func (c Code) Text(l document.Lang) string {
	switch c {
	case SignatureForeign:
		return l.Pick("подпись сделана не под этим файлом", "the signature does not belong to this file")
	case RegistrationStamp:
		return l.Pick("в контейнере нет изображения регистрационного штампа", "the container lacks the picture of a registration stamp")
	case SignatureStamp:
		return l.Pick("в контейнере нет изображения отметки о подписи", "the container lacks the picture of a signature stamp")
	case SignatureAbsent:
		return l.Pick("в контейнере нет файла подписи документа", "the container lacks a signature file of the document")
	case AttachmentSignature:
		return l.Pick("в контейнере нет файла подписи приложения", "the container lacks a signature file of an attachment")
	case FileAbsent:
		return l.Pick("в контейнере нет файла документа или приложения", "the container lacks the file of the document or of an attachment")
	case PassportSchema:
		return l.Pick("паспорт контейнера не отвечает схеме", "the container's passport does not keep to its schema")
	case PassportAbsent:
		return l.Pick("в контейнере нет passport.xml", "the container has no passport.xml")
	case NotZip:
		return l.Pick("контейнер не является архивом zip", "the container is not a zip archive")
	case HeaderType:
		return l.Pick("тип сообщения в заголовке неизвестен или не отвечает содержанию", "the header's type is unknown or does not suit the content")
	case MessageSchema:
		return l.Pick("сообщение не отвечает схеме", "the message does not keep to its schema")
	case HeaderUID:
		return l.Pick("отсутствует идентификатор сообщения communication:header:@uid", "the identifier of the message, communication:header:@uid, is missing")
	}
	return c.own(l)
}

// own are the texts of the codes that only this package has.
func (c Code) own(l document.Lang) string {
	switch c {
	case ZipLimit:
		return l.Pick("контейнер больше допустимого", "the container is beyond the limits")
	case ZipName:
		return l.Pick("недопустимое имя файла в контейнере", "the name of a file in the container is not allowed")
	case ZipTwice:
		return l.Pick("в контейнере два файла с одним именем", "two files of the container have one name")
	case EnvelopeMalformed:
		return l.Pick("файл envelope не разбирается", "the envelope cannot be parsed")
	case EnvelopeAddressee:
		return l.Pick("в envelope не указан адресат", "the envelope names no addressee")
	}
	return l.Pick("неизвестная ошибка", "unknown problem")
}
