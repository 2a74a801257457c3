/** Prolog that loads a program, collects its answers and proves the first of them step by step. */
export const PROVER = `
:- use_module(library(lists)).
:- use_module(library(solution_sequences)).
:- dynamic reckon_trouble/1.
:- multifile user:message_hook/3.
user:message_hook(Term, error, Lines) :- reckon_note(Term, Lines).
user:message_hook(Term, warning, Lines) :- Term = load_file(_), reckon_note(Term, Lines).

reckon_note(_, Lines) :-
    with_output_to(string(S), print_message_lines(current_output, '', Lines)),
    assertz(reckon_trouble(S)).

reckon_load(File, Problem) :-
    retractall(reckon_trouble(_)),
    catch(load_files([File], [silent(true)]), Error, (message_to_codes_(Error, S), assertz(reckon_trouble(S)))),
    ( reckon_trouble(First) -> Problem = First ; Problem = "" ).

message_to_codes_(Error, S) :- catch(( message_to_string_(Error, S) ), _, term_string(Error, S)).
message_to_string_(Error, S) :- '$messages':translate_message(Error, Lines, []), with_output_to(string(S), print_message_lines(current_output, '', Lines)).

reckon_solve(Text, MostText, Answers, Proof, Problem) :-
    catch(( term_string(Goal, Text, [variable_names(Names)]),
            term_string(Most, MostText),
            findall(A, limit(Most, (call(user:Goal), reckon_answer(Names, A))), Found),
            sort(Found, Unique),
            atomics_to_string_(Unique, Answers),
            ( Found \\== [], catch(reckon_proof(Goal, Proof), _, fail) -> true ; Proof = "" ),
            Problem = ""
          ), Error, ( message_to_codes_(Error, Problem), Answers = "", Proof = "" )).

reckon_answer([], "true") :- !.
reckon_answer(Names, A) :-
    findall(P, ( member(N = V, Names), format(string(P), "~w = ~q", [N, V]) ), Parts),
    atomic_list_concat(Parts, ', ', Atom), atom_string(Atom, A).

atomics_to_string_(List, S) :- atomic_list_concat(List, '; ', Atom), atom_string(Atom, S).

reckon_proof(Goal, Text) :-
    once(reckon_prove(Goal, Steps, [])),
    numbervars(Steps, 0, _),
    findall(L, ( member(H - B, Steps), format(string(L), "~k\\t~k", [H, B]) ), Lines),
    atomic_list_concat(Lines, '\\n', Atom), atom_string(Atom, Text).

reckon_prove(true, S, S) :- !.
reckon_prove((A, B), S0, S) :- !, reckon_prove(A, S0, S1), reckon_prove(B, S1, S).
reckon_prove(Goal, _, _) :- ( Goal = (_ ; _) ; Goal = (_ -> _) ; Goal = (\\+ _) ; Goal == ! ), !, throw(not_horn).
reckon_prove(Goal, [Goal - builtin | S], S) :- predicate_property(Goal, built_in), !, call(Goal).
reckon_prove(Goal, [Goal - Body | S0], S) :- clause(user:Goal, Body), reckon_prove(Body, S0, S).
`;
