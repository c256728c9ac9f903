package receipts

import "github.com/smdo-hub/smdo-hub/schemas/document"

type words struct{ ru, en string }

var stateWords = map[document.State]words{
	document.Queued: {"В очереди", "Queued"}, document.Held: {"Проверяется", "Held"}, document.Accepted: {"Принято хабом", "Accepted"},
	document.Forwarded: {"Передано получателю", "Forwarded"}, document.Delivered: {"Доставлено", "Delivered"}, document.Registered: {"Зарегистрировано", "Registered"},
	document.Answered: {"Получен ответ", "Answered"}, document.Rejected: {"Отклонено хабом", "Rejected"}, document.Blocked: {"Получатель заблокирован", "Blocked"},
	document.OldFormatted: {"Устаревший формат", "Old format"}, document.DeliveryFailed: {"Ошибка доставки", "Delivery failed"}, document.NotSubject: {"Регистрации не подлежит", "Not subject to registration"},
	document.Refused: {"Отказ в регистрации", "Registration refused"}, document.Untrusted: {"Нет доверия ЭЦП", "Signature not trusted"}, document.Withdrawn: {"Отозвано", "Withdrawn"},
	document.Expired: {"Не доставлено в срок", "Expired"},
}

var taskWords = map[document.TaskState]words{
	document.TaskActive: {"Получено. Задачи", "Received. Tasks"}, document.TaskExecuted: {"Исполнена", "Executed"},
	document.TaskClosed: {"Исполнена. Закрыта", "Executed. Closed"}, document.TaskDeclined: {"Отклонена исполнителем", "Declined by the executor"},
}

var stageWords = map[document.Stage]words{
	document.Deliver: {"Доставлено получателю", "Delivered"}, document.Register: {"Зарегистрировано", "Registered"}, document.UserNote: {"Сообщение получателя", "Note of the receiver"},
	document.Accept: {"Принято хабом на хранение", "The hub has custody"}, document.Forward: {"Передано получателю", "Sent on to the receiver"}, document.Reject: {"Отклонено хабом", "Rejected by the hub"},
	document.Block: {"Доступ получателя заблокирован", "The receiver is blocked"}, document.OldFormat: {"Собрано в устаревшем формате", "Built in an old format"},
	document.Hold: {"Ожидает проверки", "Held"}, document.Withdraw: {"Отозвано отправителем", "Withdrawn by the sender"}, document.Expire: {"Не доставлено в срок", "Not delivered in time"},
	document.Execute: {"Задача исполнена", "Task executed"}, document.Close: {"Исполнена. Закрыта", "Executed. Closed"}, document.Overdue: {"Регистрация задерживается", "Registration is late"},
	document.Conflict: {"Повтор идентификатора с другим содержанием", "Same id, other content"}, document.Flag: {"Невозможный шаг", "Impossible step"},
	document.EditRefused: {"Отказано в изменении отправленного", "Change of what was sent refused"}, document.Redeliver: {"Возвращено в обработку", "Returned to processing"}, document.AnswerPacket: {"Получен ответ", "Answered"},
}

// StateText is the word that users know for the state of an exchange.
func StateText(s document.State, l document.Lang) string {
	w := stateWords[s]
	return l.Pick(w.ru, w.en)
}

// TaskText is the word that users know for the state of a task: «Исполнена. Закрыта».
func TaskText(s document.TaskState, l document.Lang) string {
	w := taskWords[s]
	return l.Pick(w.ru, w.en)
}

// Text says in l what the receipt states.
func Text(r *document.Receipt, l document.Lang) string {
	w := stageWords[r.Stage]
	text := l.Pick(w.ru, w.en)
	switch {
	case r.Stage == document.Deliver && r.Code != 0:
		text = StateText(document.DeliveryFailed, l)
	case r.Stage == document.Register && r.Code != 0:
		text = StateText(registration(r.Code), l)
	case r.Stage == document.Register && r.Number.Number != "":
		text += l.Pick(" №", " No. ") + r.Number.Number + l.Pick(" от ", " of ") + r.Number.Date.String()
	case r.Stage == document.Execute && r.TaskTo == document.TaskDeclined:
		text = TaskText(document.TaskDeclined, l)
	}
	for i := range r.Faults {
		text += "; " + string(r.Faults[i].Code) + " " + r.Faults[i].Text(l)
	}
	return text
}

func registration(code int) document.State {
	step, _ := StepOf(document.Register, code)
	return next[document.Delivered][step]
}

// Status is what every screen, answer and command shows for an exchange: from Registered on the least
// advanced of its tasks, Declined if any is.
func Status(s document.State, tasks []document.TaskState, l document.Lang) string {
	if (s == document.Registered || s == document.Answered) && len(tasks) > 0 {
		return TaskText(leastAdvanced(tasks), l)
	}
	return StateText(s, l)
}

func leastAdvanced(tasks []document.TaskState) document.TaskState {
	order := []document.TaskState{document.TaskDeclined, document.TaskActive, document.TaskExecuted, document.TaskClosed}
	for _, want := range order {
		for _, t := range tasks {
			if t == want {
				return t
			}
		}
	}
	return document.TaskActive
}
