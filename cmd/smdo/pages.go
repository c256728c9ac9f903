package main

const pageSize = 200

// pager asks for one page of a list.
type pager[T any] func(after *string, size *int) (items []T, next string, err error)

// each reads pages of a size one after the other, until there are no more or more says that it is enough.
func each[T any](size int, page pager[T], more func([]T) bool) error {
	after := ""
	for {
		items, next, err := page(optional(after), &size)
		if err != nil || !more(items) || next == "" {
			return err
		}
		after = next
	}
}

// collect reads a list until it has limit items; 0 means all.
func collect[T any](limit int, page pager[T]) ([]T, error) {
	all, size := []T{}, pageSize
	if limit > 0 {
		size = min(size, limit)
	}
	err := each(size, page, func(items []T) bool {
		all = append(all, items...)
		return limit == 0 || len(all) < limit
	})
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all, err
}
