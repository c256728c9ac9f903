package main

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Global are the flags that every command has.
type Global struct {
	Output  string        `short:"o" help:"table, json, yaml, csv или wide. / table, json, yaml, csv or wide." enum:"table,json,yaml,csv,wide" default:"table"`
	Lang    document.Lang `help:"Язык: ru или en. / Language." enum:"ru,en" default:"ru" env:"SMDO_LANG"`
	TZ      zone          `name:"tz" help:"Часовой пояс показа: Europe/Minsk, UTC, Local. / Time zone of shown times." default:"Local" env:"SMDO_TZ"`
	Quiet   bool          `short:"q" help:"Только данные и ошибки. / Only data and errors."`
	Verbose bool          `short:"v" help:"Показывать запросы к хабу. / Show requests to the hub."`
	NoColor bool          `help:"Без цвета; то же NO_COLOR. / No colour; so does NO_COLOR."`

	stdout, stderr io.Writer  `kong:"-"`
	parser         *kong.Kong `kong:"-"`
}

// commands is the whole command line.
type commands struct {
	Global

	Dev     devCommand     `cmd:"" help:"Всё на этой машине, с показом пути задачи. / Everything on this machine, with the journey of a task."`
	Serve   serveCommand   `cmd:"" help:"Хаб по файлу настроек. / The hub with a configuration file."`
	Doctor  doctorCommand  `cmd:"" help:"Проверить хаб или его машину и сказать, что делать. / Examine the hub or its machine and say what to do."`
	Migrate migrateCommand `cmd:"" help:"Схема базы. / The record's schema."`
	Rebuild rebuildCommand `cmd:"" help:"Создать утраченное заново. / Make anew what was lost."`
	Config  configCommand  `cmd:"" help:"Файлы настроек. / Configuration files."`
	Version versionCommand `cmd:"" help:"Версия программы. / Version of the program."`

	Packet    packetCommand     `cmd:"" help:"СМДО-пакеты: послать, найти, проследить. / Packets: send, find, follow."`
	Card      cardCommand       `cmd:"" help:"Регистрационные карточки исходящих. / Registration cards of outgoing documents."`
	Task      taskCommand       `cmd:"" help:"Задачи: поручить, подписать, отклонить. / Tasks: send, sign, decline."`
	Journal   journalCommand    `cmd:"" help:"Журналы регистрации. / Journals."`
	Receipt   receiptCommand    `cmd:"" help:"Квитанции. / Receipts."`
	Contour   contourCommand    `cmd:"" help:"Контуры и правила доверия. / Contours and trust rules."`
	Org       orgCommand        `cmd:"" help:"Организации. / Organisations."`
	User      userCommand       `cmd:"" help:"Участники. / Participants."`
	Key       keyCommand        `cmd:"" help:"Ключи доступа. / API keys."`
	Dead      deadCommand       `cmd:"" help:"Недоставленное: что ждёт человека. / Dead letters: what waits for a person."`
	Reconcile reconcileCommand  `cmd:"" help:"Сделать просроченное сейчас. / Do now what is overdue."`
	Signature signatureCommand  `cmd:"" help:"Подписи в файлах: проверить, рассмотреть, поставить. / Signatures in files: verify, inspect, sign."`
	Convert   convertCommand    `cmd:"" help:"Сообщение одного формата в другом, без хаба. / A message of one format in another one, without a hub."`
	Trust     trustStoreCommand `cmd:"" name:"trust-store" help:"Папки сертификатов доверенных центров. / Folders of trusted certificates."`
	Context   contextCommand    `cmd:"" help:"Хабы, с которыми работают. / Hubs to work with."`
	Complete  completionCommand `cmd:"" name:"completion" help:"Дополнение для bash, zsh, fish. / Completion for bash, zsh, fish."`
}
