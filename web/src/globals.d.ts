/** Whether this is the code of a report: one file, no server. */
declare const __REPORT__: boolean;
