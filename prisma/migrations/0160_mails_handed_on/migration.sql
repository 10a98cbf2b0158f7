-- Operations hand a parked mail to another person of the same side, and of the same partner: whom it may go to is asked in the
-- statement (adapters/store/operations-own.ts), and every change has its audit row.
grant update (target) on outbound to fairlead_app;
