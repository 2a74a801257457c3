import type { Formalism } from '../core/solver.ts';

/** How to write a program of each formalism, as a prompt needs it: rules, then one example. */
export const GRAMMARS: Readonly<Record<Formalism, string>> = {
  'logic-program': `A logic program has these sections. After ::: on any line comes the sentence it stands for.
Predicates: one a line, arguments $x, $y, then bool.
Facts: predicates of constants, ending in True or False.
Rules: conditions joined by && then >>> then what follows; variables begin with $.
Query: one fact, True or False as the question states it.
Example:
Predicates:
Cat($x, bool) ::: Is x a cat?
Shy($x, bool) ::: Is x shy?
Likes($x, $y, bool) ::: Does x like y?
Facts:
Cat(Tom, True) ::: Tom is a cat.
Likes(Tom, Ann, True) ::: Tom likes Ann.
Rules:
Cat($x, True) && Likes($x, $y, True) >>> Shy($y, False) ::: Those whom cats like are not shy.
Query:
Shy(Ann, True) ::: Ann is shy.`,
  datalog: `A Datalog program is facts, rules and one query, each ended by a full stop. Names in small letters are constants,
names in capitals are variables. A rule is head :- conditions, separated by commas; "not p(X)" holds where p(X) does not
follow; X != Y, X = Y and, for whole numbers, X < Y compare. The query is ?- and one atom.
Example:
parent(ada, ben).
parent(ben, cy).
ancestor(X, Y) :- parent(X, Y).
ancestor(X, Z) :- parent(X, Y), ancestor(Y, Z).
?- ancestor(ada, Who).`,
  'first-order': `A first-order program has these sections. After ::: on any line comes the sentence it stands for.
Predicates: one a line.
Premises: one formula a line, with ∀ ∃ ¬ ∧ ∨ ⊕ → ↔ (or forall exists ! & | xor -> <->), = and ≠.
Conclusion: one formula.
Constants begin with a small letter. Every variable needs its quantifier; a quantifier reaches over the parentheses behind it.
Example:
Predicates:
Student(x) ::: x is a student.
Passes(x, y) ::: x passes y.
Premises:
∀x (Student(x) → ∃y Passes(x, y)) ::: Every student passes something.
Student(mary) ⊕ ¬Passes(mary, logic) ::: Mary is either a student or does not pass logic, but not both.
Conclusion:
∃y Passes(mary, y) ::: Mary passes something.`,
  constraints: `A constraint program has these sections. After ::: on any line comes the sentence it stands for.
Domain: remarks, for instance what the numbers mean.
Variables: name [IN] [list of whole numbers or of words].
Constraints: one a line, with == != < <= > >= + - * abs(x) and or not -> ( ) and AllDifferentConstraint([a, b]).
Ask: entailed (the default), possible or impossible: which options are sought.
Query: options, each with a label and ")" before its condition; or the one word solve.
Example:
Domain:
1: leftmost
3: rightmost
Variables:
owl [IN] [1, 2, 3]
hawk [IN] [1, 2, 3]
wren [IN] [1, 2, 3]
Constraints:
owl < hawk ::: The owl is to the left of the hawk.
wren == 3 ::: The wren is the rightmost.
AllDifferentConstraint([owl, hawk, wren]) ::: All birds have different places.
Query:
A) owl == 1 ::: The owl is the leftmost.
B) hawk == 1 ::: The hawk is the leftmost.`,
  smt: `An SMT program has these sections. After ::: on any line comes the sentence it stands for.
Declarations: SMT-LIB declarations, one a line: (declare-const x Int), (declare-fun f (Int) Bool).
Constraints: SMT-LIB terms, one a line.
Ask: entailed (the default), possible or impossible: which options are sought.
Query: options, each with a label and ")" before its term; or the one word solve.
Example:
Declarations:
(declare-const ann Int) ::: Ann's age
(declare-const ben Int) ::: Ben's age
Constraints:
(= ann (* 2 ben)) ::: Ann is twice as old as Ben.
(= (+ ann ben) 36) ::: Together they are 36.
Query:
A) (= ben 12)
B) (= ann 20)`,
  prolog: `A Prolog program is clauses ended by full stops, then one query on a line that begins with ?-. Lists, arithmetic with is,
comparisons, not (\\+) and library(lists) are there; files and the system are not.
Example:
total([], 0).
total([X|Rest], Sum) :- total(Rest, Part), Sum is Part + X.
?- total([3, 4, 5], Sum).`,
  probabilistic: `A probabilistic program is a network or a model, and a query. After ::: on any line comes a remark.
Network: section Probabilities: with lines P(X = value | Parent = value, Other = value) = number; yes-no variables may be
written Rain and not Rain; the last value of a variable may be left out.
Model: section Model: with statements from top to bottom: urn bag = red: 3, blue: 5 · a, b ~ draw(bag) · c ~ draw(bag, replace)
· die ~ uniform(1..6) · coin ~ flip(0.5) · kind ~ choose(good: 3/4, bad: 1/4) · x ~ if kind == good then draw(bag) else flip(0.1)
· total = die + 1 · observe total >= 3.
Query: one number over P(condition | condition), with + - * / and numbers. In a network P(Y = 1 | do(X = 1)) sets X, and
Y[X = 0] is Y had X been 0.
Method: (optional) exact, likelihood-weighting 20000 or metropolis-hastings 20000.
Example:
Probabilities:
P(Rain) = 0.2
P(Wet | Rain) = 0.9
P(Wet | not Rain) = 0.1
Query:
P(Rain | Wet)`,
};
