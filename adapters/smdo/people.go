package smdo

import (
	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

func abonent(book *contours.Book, c document.ContourCode) sdip.Abonent {
	return sdip.Abonent{ID: subscriberID(c), Type: "SMDO", Name: adapters.Organisation(book, c)}
}

// router is who speaks in packages that the hub itself sends.
func router() (sdip.Abonent, sdip.Party) {
	return sdip.Abonent{ID: sdip.Router, Type: "SMDO", Name: adapters.Product},
		sdip.Party{Code: sdip.Dispatcher, System: document.System{Name: adapters.Product, SysID: adapters.ProductID, System: adapters.Product, Details: "1"}}
}
