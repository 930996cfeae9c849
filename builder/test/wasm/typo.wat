;; A misspelt function of azoth.
(module
  (import "azoth" "pwoer" (func (param i32) (result i32)))
  (func (export "_start")))
